//! Jina 3.7 to 3.34: keys that were renamed or dropped, and what containers of an older version want otherwise.
//!
//! Flows of every one of these versions are read. `spec.jinaVersion` is the version of the containers; what such a
//! container does not know it ignores with a line in its log, so that it has to be said here. Since when an option is
//! known stands in its row of [`super::options::TABLE`]; `tests/jina/versions.json` records the real parsers.

use std::fmt;

/// A version of Jina 3, as far as anything depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    minor: u32,
}

impl Version {
    /// Jina 3.34, the last there is.
    pub const NEWEST: Self = Self { minor: 34 };
    /// Jina 3.7, the first whose containers are known to start with the arguments written here.
    pub const OLDEST: Self = Self { minor: 7 };

    /// Reads `3.MINOR.PATCH`; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let number = |part: Option<&str>| part.filter(|p| p.bytes().all(|b| b.is_ascii_digit()))?.parse::<u32>().ok();
        match (parts.next()?, number(parts.next()), number(parts.next()), parts.next()) {
            ("3", Some(minor), Some(_), None) => Some(Self { minor }),
            _ => None,
        }
    }

    /// Whether the option or change that came with `3.minor` is there.
    pub fn is_at_least(self, minor: u8) -> bool {
        self.minor >= u32::from(minor)
    }

    /// Whether containers of this version have a change.
    pub fn has(self, change: Change) -> bool {
        CHANGES.iter().all(|row| row.change != change || self.is_at_least(row.since))
    }
}

/// `3.34`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.minor)
    }
}

/// What a container takes otherwise since some version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `jina ping` with a kind and an address.
    Ping,
    /// A gateway of the user's own.
    GatewayUses,
    /// Several protocols and ports of a gateway.
    SeveralProtocols,
    /// `--no-reduce`.
    NoReduce,
    /// Executors that serve HTTP.
    ExecutorProtocol,
}

/// A row of [`CHANGES`].
#[derive(Debug, Clone, Copy)]
pub struct ChangeRow {
    /// What changed.
    pub change: Change,
    /// The minor version that has it.
    pub since: u8,
    /// What is written for older ones, or refused.
    pub before: &'static str,
    /// What is written from then on.
    pub after: &'static str,
}

/// The changes between 3.7 and 3.34 in what a container understands.
pub static CHANGES: &[ChangeRow] = &[
    ChangeRow {
        change: Change::Ping,
        since: 10,
        before: "probes that open a TCP connection: `jina ping` does not know `gateway`, nor addresses with a scheme",
        after: "probes that run `jina ping`",
    },
    ChangeRow {
        change: Change::GatewayUses,
        since: 10,
        before: "an error for a gateway with `uses`, which starts the built-in gateway whatever `--uses` says",
        after: "`--uses config.yml`",
    },
    ChangeRow {
        change: Change::SeveralProtocols,
        since: 12,
        before: "an error for a gateway with several protocols, of which it serves the first",
        after: "`--protocol GRPC HTTP` and `--port 8080 8081`",
    },
    ChangeRow {
        change: Change::NoReduce,
        since: 12,
        before: "`--disable-reduce` and `--deployments-disable-reduce`",
        after: "`--no-reduce` and `--deployments-no-reduce`",
    },
    ChangeRow {
        change: Change::ExecutorProtocol,
        since: 15,
        before: "an error for an executor with `protocol: http`, which serves gRPC",
        after: "`--protocol HTTP`",
    },
];

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It has another name.
    Renamed(&'static str),
    /// It is gone, because of this.
    Dropped(&'static str),
}

/// A row of [`FORMER_KEYS`].
#[derive(Debug, Clone, Copy)]
pub struct FormerKey {
    /// The key.
    pub key: &'static str,
    /// The last minor version that knew it.
    pub until: u8,
    /// What became of it.
    pub fate: Fate,
}

const fn former(key: &'static str, until: u8, fate: Fate) -> FormerKey {
    FormerKey { key, until, fate }
}

/// Keys that Jina 3.34 does not know any more. Names that it still takes are aliases in the table of options.
pub static FORMER_KEYS: &[FormerKey] = &[
    former("grpc_server_kwargs", 7, Fate::Renamed("grpc_server_options")),
    former("quiet_remote_logs", 12, Fate::Dropped("JinaD, whose logs it hid, is gone")),
    former("upload_files", 12, Fate::Dropped("JinaD, which uploaded them, is gone; put the files into the image")),
    former("default_swagger_ui", 4, Fate::Dropped("the HTTP gateway has one user interface")),
    former("override_with", 3, Fate::Renamed("uses_with")),
    former("override_metas", 3, Fate::Renamed("uses_metas")),
    former("override_requests", 3, Fate::Renamed("uses_requests")),
    former("https", 2, Fate::Renamed("tls")),
    former("expose_public", 2, Fate::Dropped("it was for pods on other machines")),
    former("port_jinad", 2, Fate::Dropped("JinaD is gone")),
    former("disable_remote", 2, Fate::Dropped("JinaD is gone")),
    former("daemon", 2, Fate::Dropped("it was for processes on this machine")),
    former("pull_latest", 2, Fate::Dropped("Kubernetes pulls images by their own imagePullPolicy")),
    former("runtime_backend", 2, Fate::Dropped("containers are the only backend there")),
    former("parallel", 2, Fate::Renamed("replicas")),
];

/// What became of a key that Jina 3.34 does not know.
pub fn former_key(key: &str) -> Option<&'static FormerKey> {
    FORMER_KEYS.iter().find(|row| row.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jina::options;

    #[test]
    fn versions_are_read() {
        assert_eq!(Version::parse("3.34.0"), Some(Version::NEWEST));
        assert!(Version::parse("3.7.14") < Version::parse("3.10.1"));
        for text in ["3", "3.4", "2.6.4", "3.x.1", "3..1", "3.1.2.3", "3.99999999999.0", ""] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn former_keys_are_none_of_todays_and_lead_to_one() {
        for row in FORMER_KEYS {
            assert!(options::find(row.key).is_none(), "{}", row.key);
            if let Fate::Renamed(to) = row.fate {
                assert!(options::find(to).is_some(), "{to}");
            }
        }
    }
}
