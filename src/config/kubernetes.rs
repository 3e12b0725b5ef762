//! The versions of Kubernetes: which of them are supported, and since when each has a feature.
//!
//! A feature is available from the first version in which its feature gate is on by default
//! (`pkg/features/kube_features.go` in <https://github.com/kubernetes/kubernetes/tree/v1.37.2>, and
//! <https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates-removed/>).

use std::fmt;

/// A minor version: 30 for Kubernetes 1.30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kubernetes(pub u32);

impl Kubernetes {
    /// The oldest version that the manifests are tested with.
    pub const OLDEST: Self = Self(27);
    /// The version for which manifests are rendered if `kubernetesVersion` is not set.
    pub const DEFAULT: Self = Self(30);
    /// The versions that the Kubernetes project supports, in November 2026 (<https://kubernetes.io/releases/>).
    pub const SUPPORTED: (Self, Self) = (Self(35), Self(37));
    /// The date of [`Self::SUPPORTED`].
    pub const SUPPORTED_IN: &str = "November 2026";

    /// Init containers that run until the pod ends (`SidecarContainers`, KEP-753).
    pub const SIDECARS: Self = Self(29);
    /// Waiting before the end of a container without a shell (`PodLifecycleSleepAction`, KEP-3960).
    pub const SLEEP: Self = Self(30);

    /// Names of variables with almost any characters (`RelaxedEnvironmentVariableValidation`, KEP-4369).
    pub const ANY_VARIABLE: Self = Self(32);
    /// Volumes with the files of an image (`ImageVolume`, KEP-4639).
    pub const IMAGE_VOLUMES: Self = Self(35);
    /// User namespaces (`UserNamespacesSupport`, KEP-127).
    pub const USER_NAMESPACES: Self = Self(33);
    /// The tolerance of a HorizontalPodAutoscaler (`HPAConfigurableTolerance`, KEP-4951).
    pub const AUTOSCALER_TOLERANCE: Self = Self(35);
    /// StatefulSets that replace several pods at once (`MaxUnavailableStatefulSet`, KEP-961). The gate is off in 1.35 and 1.36.
    pub const STATEFUL_UNAVAILABLE: Self = Self(37);
    /// Services that prefer endpoints in the zone or on the node of the client (`PreferSameTrafficDistribution`, KEP-3015).
    pub const TRAFFIC_DISTRIBUTION: Self = Self(34);
    /// Requests and limits of a pod as a whole (`PodLevelResources`, KEP-2837).
    pub const POD_RESOURCES: Self = Self(34);
    /// Devices that pods claim (`DynamicResourceAllocation`, KEP-4381).
    pub const RESOURCE_CLAIMS: Self = Self(34);

    /// Reads `1.30`, `v1.30` or `1.30.2`.
    pub fn parse(text: &str) -> Option<Self> {
        text.trim_start_matches('v').strip_prefix("1.")?.split('.').next()?.parse().ok().map(Self)
    }
}

impl fmt::Display for Kubernetes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "1.{}", self.0)
    }
}
