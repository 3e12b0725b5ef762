//! The levels of `spec` that hold settings of pods, and sets of these levels.

use crate::finding::FieldPath;

/// A place in `spec` that holds settings of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Level {
    /// `spec.defaults`.
    Defaults,
    /// `spec.roles.gateway`.
    GatewayRole,
    /// `spec.roles.head`.
    HeadRole,
    /// `spec.roles.worker`.
    WorkerRole,
    /// `spec.gateway`.
    Gateway,
    /// `spec.executors.NAME`.
    Executor,
    /// `spec.executors.NAME.head`.
    Head,
    /// `spec.executors.NAME.shards.NUMBER`.
    Shard,
}

impl Level {
    /// All levels.
    pub const ALL: [Level; 8] = [
        Level::Defaults,
        Level::GatewayRole,
        Level::HeadRole,
        Level::WorkerRole,
        Level::Gateway,
        Level::Executor,
        Level::Head,
        Level::Shard,
    ];

    /// The path below `spec`, with the placeholders `NAME` and `NUMBER`.
    pub fn pattern(self) -> &'static str {
        match self {
            Level::Defaults => "defaults",
            Level::GatewayRole => "roles.gateway",
            Level::HeadRole => "roles.head",
            Level::WorkerRole => "roles.worker",
            Level::Gateway => "gateway",
            Level::Executor => "executors.NAME",
            Level::Head => "executors.NAME.head",
            Level::Shard => "executors.NAME.shards.NUMBER",
        }
    }

    /// The path of a level that has no placeholders.
    pub fn path(self) -> FieldPath {
        FieldPath::from("spec").join(FieldPath::from(self.pattern()).steps())
    }
}

/// The levels at which a field is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience(u8);

impl Audience {
    /// Every level.
    pub const ALL: Self = Self(u8::MAX);
    /// Levels whose pods include gateways.
    pub const GATEWAYS: Self = Self::of(&[Level::Defaults, Level::GatewayRole, Level::Gateway]);
    /// Levels whose pods clients outside the cluster can call.
    pub const CALLED: Self = Self::of(&[Level::Defaults, Level::GatewayRole, Level::Gateway, Level::Executor]);
    /// Levels whose pods include workers.
    pub const WORKERS: Self = Self::of(&[Level::Defaults, Level::WorkerRole, Level::Executor, Level::Shard]);
    /// Levels whose pods include gateways or workers.
    pub const GATEWAYS_AND_WORKERS: Self = Self(Self::GATEWAYS.0 | Self::WORKERS.0);
    /// Every level but the defaults.
    pub const ALL_BUT_DEFAULTS: Self = Self(Self::ALL.0 & !Self::of(&[Level::Defaults]).0);
    /// Levels that change options of the Flow: its `with`, its gateway and its executors.
    pub const FLOW_OPTIONS: Self = Self::of(&[Level::Defaults, Level::Gateway, Level::Executor]);
    /// Levels of the gateway alone and of a single executor, without its head and its shards.
    pub const GATEWAY_AND_EXECUTOR: Self = Self::of(&[Level::Gateway, Level::Executor]);
    /// The level of an executor only.
    pub const EXECUTOR: Self = Self::of(&[Level::Executor]);

    const fn of(levels: &[Level]) -> Self {
        let mut set = 0;
        let mut place = 0;
        while place < levels.len() {
            set |= 1 << levels[place] as u8;
            place += 1;
        }
        Self(set)
    }

    /// Whether a level is in the set.
    pub const fn has(self, level: Level) -> bool {
        self.0 & (1 << level as u8) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_levels_that_it_is_built_from() {
        assert!(Audience::GATEWAYS.has(Level::Gateway) && !Audience::GATEWAYS.has(Level::Head));
        assert!(Audience::ALL.has(Level::Shard) && Audience::ALL.has(Level::Defaults));
        assert!(!Audience::ALL_BUT_DEFAULTS.has(Level::Defaults) && Audience::ALL_BUT_DEFAULTS.has(Level::GatewayRole));
    }
}
