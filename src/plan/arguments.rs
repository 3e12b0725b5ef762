//! Builds the command lines of containers, with the options in Jina's order.

use super::component::{Arg, PORT, Piece};
use crate::jina::inherited::Options;
use crate::jina::options::{Opt, Row, TABLE, Use, gateway_arguments};
use crate::jina::setting::Protocol;
use crate::jina::value::Value;
use crate::jina::versions::{Change, Version};

/// The form of an option whose value in the Flow the exporter replaces.
pub enum Forced {
    /// The option is omitted.
    Omitted,
    /// The option is followed by these arguments.
    Words(Vec<Arg>),
}

impl Forced {
    /// The option with one argument.
    pub fn word(word: impl Into<Arg>) -> Self {
        Forced::Words(vec![word.into()])
    }
}

/// The arguments of options that differ from the defaults of Jina, in the order of `rows`.
fn arguments(rows: impl Iterator<Item = &'static Row>, options: &Options, forced: &[(Opt, Forced)], version: Version) -> Vec<Arg> {
    let mut args = Vec::new();
    for row in rows {
        let argument = match row.opt {
            Opt::NoReduce if !version.has(Change::NoReduce) => "--disable-reduce",
            Opt::DeploymentsNoReduce if !version.has(Change::NoReduce) => "--deployments-disable-reduce",
            _ => row.argument,
        };
        match forced.iter().find(|(opt, _)| *opt == row.opt) {
            Some((_, Forced::Omitted)) => {}
            Some((_, Forced::Words(words))) => {
                args.push(argument.into());
                args.extend(words.iter().cloned());
            }
            None => {
                if let Some(setting) = options.get(row.opt)
                    && !setting.is_default(row.default)
                {
                    args.push(argument.into());
                    args.extend(setting.words().into_iter().map(Arg::from));
                }
            }
        }
    }
    args
}

/// `jina executor …`: the options, `--uses-metas` and `--uses-with` if they have a value, and `--native`
/// (`construct_runtime_container_args`).
pub fn executor(options: &Options, forced: &[(Opt, Forced)], metas: Option<&Value>, with: Option<&Value>, version: Version) -> Vec<Arg> {
    let mut args = vec![Arg::from("executor")];
    let rows = TABLE.iter().filter(|row| row.executor == Use::Arg);
    args.extend(arguments(rows, options, forced, version));
    if let Some(metas) = metas {
        args.extend([Arg::from("--uses-metas"), metas.to_json().into()]);
    }
    if let Some(with) = with {
        args.extend([Arg::from("--uses-with"), with.to_json().into()]);
    }
    args.push("--native".into());
    args
}

/// `jina gateway …`.
pub fn gateway(options: &Options, forced: &[(Opt, Forced)], version: Version) -> Vec<Arg> {
    let mut args = vec![Arg::from("gateway")];
    args.extend(arguments(gateway_arguments().into_iter(), options, forced, version));
    args
}

/// A port for each protocol.
pub fn ports(protocols: &[Protocol]) -> Vec<Arg> {
    (PORT..).zip(protocols).map(|(port, _)| port.to_string().into()).collect()
}

/// Builds a JSON object whose values may contain symbols for hosts.
pub struct JsonTemplate {
    pieces: Vec<Piece>,
    empty: bool,
}

impl JsonTemplate {
    pub fn new() -> Self {
        Self { pieces: vec![Piece::Text("{".to_owned())], empty: true }
    }

    /// Adds `"name": `. The pieces of the value follow.
    pub fn key(&mut self, name: &str) {
        let separator = if std::mem::take(&mut self.empty) { "" } else { ", " };
        self.text(&format!("{separator}{}: ", Value::Str(name.to_owned()).to_json()));
    }

    pub fn text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    pub fn host(&mut self, component: &str) {
        self.pieces.push(Piece::Host(component.to_owned()));
    }

    /// The argument with the JSON object, or `None` for an object without fields.
    pub fn finish(mut self) -> Option<Arg> {
        self.text("}");
        (!self.empty).then_some(Arg::Template(self.pieces))
    }
}
