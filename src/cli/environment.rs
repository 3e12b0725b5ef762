//! The environment of the process.

use std::env;

/// The part of the environment that jinaflow uses. The function uses only the settings for colors of the terminal.
#[derive(Debug)]
pub struct Environment {
    /// `JINA_GATEWAY_IMAGE`.
    pub gateway_image: Option<String>,
    /// Returns every variable, for `--context-env` and the variables of storage.
    pub all: fn() -> Vec<(String, String)>,
    /// Whether kustomize runs the process as a legacy plugin.
    pub is_kustomize_plugin: bool,
    /// Whether output to a terminal may be colored: not with `NO_COLOR` (<https://no-color.org>) or on a terminal
    /// without colors.
    pub may_color: bool,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn of_process() -> Self {
        Self {
            gateway_image: env::var("JINA_GATEWAY_IMAGE").ok().filter(|image| !image.is_empty()),
            all: || env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect(),
            is_kustomize_plugin: env::var_os("KUSTOMIZE_PLUGIN_CONFIG_ROOT").is_some(),
            may_color: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && env::var_os("TERM").is_some_and(|terminal| terminal != "dumb"),
        }
    }
}
