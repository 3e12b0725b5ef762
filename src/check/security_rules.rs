//! The rules of Pod Security admission: which fields of pods each level restricts, with the values that it allows.
//!
//! The rules are those of `policy/check_*.go` in `k8s.io/pod-security-admission` 0.37, the newest version of the policy.

use crate::yaml::View;

/// What the value of a field must be, if the field is set.
#[derive(Debug)]
pub enum Allowed {
    /// Empty, or 0.
    Nothing,
    /// One of these values, or empty.
    Only(&'static [&'static str]),
    /// Any value but this one.
    Not(&'static str),
}

impl Allowed {
    /// Whether a value is allowed.
    pub fn has(&self, value: View<'_>) -> bool {
        match (self, value.as_text()) {
            (Self::Nothing, text) => text.is_some_and(|text| ["", "0"].contains(&text)),
            (Self::Only(values), text) => text.is_some_and(|text| text.is_empty() || values.contains(&text)),
            (Self::Not(refused), text) => text.is_none_or(|text| !text.eq_ignore_ascii_case(refused)),
        }
    }
}

/// Where a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the pod spec.
    Pod,
    /// In each container, also in init containers and ephemeral containers.
    Containers,
    /// In both.
    Both,
}

/// A rule about a field.
#[derive(Debug)]
pub struct Rule {
    /// The levels with the rule.
    pub levels: &'static [&'static str],
    /// The place of the field.
    pub place: Place,
    /// The field, with `[*]` for every entry of a list.
    pub field: &'static str,
    /// The allowed values.
    pub allowed: Allowed,
    /// Whether pods with a user namespace (`hostUsers: false`) are exempt.
    pub is_for_host_users: bool,
}

const BASELINE: &[&str] = &["baseline", "restricted"];
/// For fields about which `restricted` has a stricter rule.
const BASELINE_ONLY: &[&str] = &["baseline"];
const RESTRICTED: &[&str] = &["restricted"];

/// `check_capabilities_baseline.go`.
const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// `check_sysctls.go`.
const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// `check_seLinuxOptions.go`.
const SELINUX_TYPES: &[&str] = &["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// The profiles of seccomp and AppArmor.
const PROFILES: &[&str] = &["RuntimeDefault", "Localhost"];

const fn rule(levels: &'static [&'static str], place: Place, field: &'static str, allowed: Allowed) -> Rule {
    Rule { levels, place, field, allowed, is_for_host_users: false }
}

impl Rule {
    const fn for_host_users(self) -> Self {
        Self { is_for_host_users: true, ..self }
    }
}

/// The rules. Volume types, annotations, and fields that must be set are in `super::pod_security`.
pub static RULES: [Rule; 32] = [
    rule(BASELINE, Place::Pod, "hostNetwork", Allowed::Not("true")),
    rule(BASELINE, Place::Pod, "hostPID", Allowed::Not("true")),
    rule(BASELINE, Place::Pod, "hostIPC", Allowed::Not("true")),
    rule(BASELINE_ONLY, Place::Pod, "volumes[*].hostPath", Allowed::Nothing),
    rule(BASELINE, Place::Pod, "securityContext.sysctls[*].name", Allowed::Only(SYSCTLS)),
    rule(BASELINE, Place::Containers, "ports[*].hostPort", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "securityContext.privileged", Allowed::Not("true")),
    rule(BASELINE_ONLY, Place::Containers, "securityContext.capabilities.add[*]", Allowed::Only(CAPABILITIES)),
    rule(RESTRICTED, Place::Containers, "securityContext.capabilities.add[*]", Allowed::Only(&["NET_BIND_SERVICE"])),
    rule(BASELINE_ONLY, Place::Containers, "securityContext.procMount", Allowed::Only(&["Default"])).for_host_users(),
    rule(RESTRICTED, Place::Containers, "securityContext.procMount", Allowed::Only(&["Default"])),
    rule(BASELINE, Place::Both, "securityContext.seLinuxOptions.type", Allowed::Only(SELINUX_TYPES)),
    rule(BASELINE, Place::Both, "securityContext.seLinuxOptions.user", Allowed::Nothing),
    rule(BASELINE, Place::Both, "securityContext.seLinuxOptions.role", Allowed::Nothing),
    rule(BASELINE, Place::Both, "securityContext.seccompProfile.type", Allowed::Only(PROFILES)),
    rule(BASELINE, Place::Both, "securityContext.appArmorProfile.type", Allowed::Only(PROFILES)),
    rule(BASELINE, Place::Both, "securityContext.windowsOptions.hostProcess", Allowed::Not("true")),
    rule(BASELINE, Place::Containers, "livenessProbe.httpGet.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "livenessProbe.tcpSocket.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "readinessProbe.httpGet.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "readinessProbe.tcpSocket.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "startupProbe.httpGet.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "startupProbe.tcpSocket.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "lifecycle.postStart.httpGet.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "lifecycle.postStart.tcpSocket.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "lifecycle.preStop.httpGet.host", Allowed::Nothing),
    rule(BASELINE, Place::Containers, "lifecycle.preStop.tcpSocket.host", Allowed::Nothing),
    rule(RESTRICTED, Place::Containers, "securityContext.allowPrivilegeEscalation", Allowed::Not("true")),
    rule(RESTRICTED, Place::Pod, "securityContext.runAsNonRoot", Allowed::Not("false")).for_host_users(),
    rule(RESTRICTED, Place::Containers, "securityContext.runAsNonRoot", Allowed::Not("false")).for_host_users(),
    rule(RESTRICTED, Place::Pod, "securityContext.runAsUser", Allowed::Not("0")).for_host_users(),
    rule(RESTRICTED, Place::Containers, "securityContext.runAsUser", Allowed::Not("0")).for_host_users(),
];

/// The types of volumes that `restricted` allows (`check_restrictedVolumes.go`).
pub const VOLUMES: [&str; 9] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"];

/// The start of the annotations with AppArmor profiles, before the name of a container (`check_appArmorProfile.go`).
pub const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Whether an annotation may have a profile.
pub fn is_app_armor_profile(value: &str) -> bool {
    ["", "runtime/default"].contains(&value) || value.starts_with("localhost/")
}

/// A field of `securityContext` that the level `restricted` requires. The rules are about its value.
#[derive(Debug)]
pub struct Required {
    /// The field.
    pub field: &'static str,
    /// Whether the field of the pod is for all containers without the field.
    pub is_of_pod: bool,
    /// Whether pods with a user namespace are exempt.
    pub is_for_host_users: bool,
    /// The field with the value to write.
    pub shown: &'static str,
}

/// The required fields.
pub const REQUIRED: [Required; 3] = [
    Required { field: "runAsNonRoot", is_of_pod: true, is_for_host_users: true, shown: "runAsNonRoot: true" },
    Required { field: "seccompProfile.type", is_of_pod: true, is_for_host_users: false, shown: "seccompProfile: {type: RuntimeDefault}" },
    Required { field: "allowPrivilegeEscalation", is_of_pod: false, is_for_host_users: false, shown: "allowPrivilegeEscalation: false" },
];
