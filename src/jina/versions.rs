//! The differences between Jina 3.7 and 3.34 in the features of containers.
//!
//! jinaflow reads Flows of all these versions. `spec.jinaVersion` is the version of the containers. A container ignores an
//! unknown argument and only logs it, so jinaflow must report an option that the container does not have. The first version
//! of each option is in [`super::options::TABLE`]; `tests/jina/versions.json` records the real parsers.

use std::fmt;

/// The minor version of Jina 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    minor: u32,
}

impl Version {
    /// Jina 3.34, the last version.
    pub const NEWEST: Self = Self { minor: 34 };
    /// Jina 3.7, the oldest version whose containers are known to accept jinaflow's arguments.
    pub const OLDEST: Self = Self { minor: 7 };

    /// Reads `3.MINOR.PATCH`; `None` if the string is not such a version.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let number = |part: Option<&str>| part.filter(|p| p.bytes().all(|b| b.is_ascii_digit()))?.parse::<u32>().ok();
        match (parts.next()?, number(parts.next()), number(parts.next()), parts.next()) {
            ("3", Some(minor), Some(_), None) => Some(Self { minor }),
            _ => None,
        }
    }

    /// Jina `3.minor`.
    pub fn of_minor(minor: u8) -> Self {
        Self { minor: minor.into() }
    }

    /// The first version that has a change.
    pub fn with(change: Change) -> Option<Self> {
        CHANGES.iter().find(|row| row.change == change).map(|row| Self::of_minor(row.since))
    }

    /// Whether this is Jina `3.minor` or later.
    pub fn is_at_least(self, minor: u8) -> bool {
        self.minor >= u32::from(minor)
    }

    /// Whether containers of this version have a change.
    pub fn has(self, change: Change) -> bool {
        CHANGES.iter().all(|row| row.change != change || self.is_at_least(row.since))
    }
}

/// Writes the version as `3.34`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.minor)
    }
}

/// A difference between versions in what a container accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `jina ping` with a kind and an address.
    Ping,
    /// A custom gateway (`uses`).
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
    /// The change.
    pub change: Change,
    /// The first minor version that has the change.
    pub since: u8,
    /// The output for older versions.
    pub before: &'static str,
    /// The output for this and later versions.
    pub after: &'static str,
}

/// The changes between 3.7 and 3.34 in what a container accepts.
pub static CHANGES: &[ChangeRow] = &[
    ChangeRow {
        change: Change::Ping,
        since: 10,
        before: "probes that open a TCP connection, because `jina ping` does not support `gateway` or addresses with a scheme",
        after: "probes that run `jina ping`",
    },
    ChangeRow {
        change: Change::GatewayUses,
        since: 10,
        before: "an error for a gateway with `uses`, because the container ignores `--uses`",
        after: "`--uses config.yml`",
    },
    ChangeRow {
        change: Change::SeveralProtocols,
        since: 12,
        before: "an error for a gateway with several protocols, because the container serves only the first",
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
        before: "an error for an executor with `protocol: http`, because the container serves gRPC",
        after: "`--protocol HTTP`",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(Version::parse("3.34.0"), Some(Version::NEWEST));
        assert!(Version::parse("3.7.14") < Version::parse("3.10.1"));
        for text in ["3", "3.4", "2.6.4", "3.x.1", "3..1", "3.1.2.3", "3.99999999999.0", ""] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
