//! The flags of the command line, one row for each.

use super::env_file;
use super::init::Layout;
use crate::check::external::External;
use crate::config::Overrides;
use crate::config::field::Setting;
use crate::finding::{Code, Finding, Path, nearest};

/// A flag.
#[derive(Debug)]
pub struct Flag {
    /// The name of the flag, without dashes.
    pub name: &'static str,
    /// The short form of the flag, without the dash.
    pub short: Option<char>,
    /// The name of the value in the help; `None` for a flag without a value.
    pub value: Option<&'static str>,
    /// The description of the flag. The help of the command shows each line.
    pub doc: &'static str,
    /// Stores the value of the flag. The path names the flag in a finding.
    pub set: fn(&mut Settings, &str, &Path<'_>) -> Result<(), Finding>,
}

/// The settings from flags.
#[derive(Debug, Default)]
pub struct Settings {
    /// Settings of a `JinaFlow` that flags override.
    pub overrides: Overrides,
    /// The files of images.
    pub image_files: Vec<String>,
    /// Values of variables from files.
    pub of_env_files: Vec<(String, String)>,
    /// Whether variables of the Flow take their values from the environment.
    pub takes_environment: bool,
    /// The objects that are provided elsewhere.
    pub external: External,
    /// Whether the gateway is left out.
    pub has_no_gateway: bool,
    /// Whether a warning fails the run.
    pub is_strict: bool,
    /// The format of the output.
    pub output: Option<String>,
    /// How the sides of a comparison are read.
    pub sides: Sides,
    /// The tool for which `init` and `import` write files.
    pub layout: Option<Layout>,
    /// A page to print instead of running the command.
    pub page: Option<Page>,
}

/// How the sides of a comparison are read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// Whether the old side is the output of `kubectl get`.
    pub is_live: bool,
    /// Whether folders of kustomizations are built.
    pub may_build: bool,
}

/// A page about jinaflow.
#[derive(Debug, Clone, Copy)]
pub enum Page {
    /// The help.
    Help,
    /// The version.
    Version,
}

/// Stores the format, which each command compares with its own formats.
const SET_OUTPUT: fn(&mut Settings, &str, &Path<'_>) -> Result<(), Finding> = |settings, value, _| {
    settings.output = Some(value.to_owned());
    Ok(())
};

/// The flag of commands that read kustomizations.
const BUILD: Flag = Flag {
    name: "build",
    short: None,
    value: None,
    doc: "build folders that have a kustomization, with the kustomize on the PATH",
    set: |settings, _, _| {
        settings.sides.may_build = true;
        Ok(())
    },
};

/// Sets the tool, which can be only one.
fn set_layout(settings: &mut Settings, layout: Layout, flag: &Path<'_>) -> Result<(), Finding> {
    if settings.layout.is_some_and(|other| other != layout) {
        let finding = Code::UnexpectedArgument.error(flag, "excludes the other flag: files are for kustomize or for kpt");
        return Err(finding.fix("keep one of `--kustomize` and `--kpt`"));
    }
    settings.layout = Some(layout);
    Ok(())
}

/// The flag for the default tool.
const KUSTOMIZE: Flag = Flag {
    name: "kustomize",
    short: None,
    value: None,
    doc: "write a kustomize tree; this is the default",
    set: |settings, _, flag| set_layout(settings, Layout::Kustomize, flag),
};

/// The flag for the other tool.
const KPT: Flag = Flag {
    name: "kpt",
    short: None,
    value: None,
    doc: "write a kpt package",
    set: |settings, _, flag| set_layout(settings, Layout::Kpt, flag),
};

/// The flag for the name of a JinaFlow.
const NAME: Flag = Flag {
    name: "name",
    short: None,
    value: Some("NAME"),
    doc: "name of the Flow, for labels; a JinaFlow has its own name",
    set: |settings, value, flag| settings.overrides.set(Setting::Name, value, flag),
};

/// Flags of `init`.
pub const OF_INIT: &[Flag] = &[KUSTOMIZE, KPT];

/// Flags of `import`.
pub const OF_IMPORT: &[Flag] = &[
    Flag { name: "output", short: Some('o'), value: Some("DIR"), doc: "folder to write; the default is NAME-k8s", set: SET_OUTPUT },
    NAME,
    KUSTOMIZE,
    KPT,
];

/// Flags of `man`.
pub const OF_MAN: &[Flag] = &[Flag {
    name: "output",
    short: Some('o'),
    value: Some("DIR"),
    doc: "folder for all pages, as man1 and man5; pages that are there are replaced",
    set: SET_OUTPUT,
}];

/// Flags of `export`, which `init` and `explain FLOW` take too.
pub const OF_EXPORT: &[Flag] = &[
    NAME,
    Flag {
        name: "k8s-namespace",
        short: None,
        value: Some("NS"),
        doc: "namespace of all objects; by default, objects have no namespace",
        set: |settings, value, flag| settings.overrides.set(Setting::Namespace, value, flag),
    },
    Flag {
        name: "compat",
        short: None,
        value: Some("MODE"),
        doc: "none, or jina-3.34: the objects that Jina 3.34 exports",
        set: |settings, value, flag| settings.overrides.set(Setting::Compat, value, flag),
    },
    Flag {
        name: "image",
        short: None,
        value: Some("KEY=IMAGE"),
        doc: "image by executor name, `uses` or class, or `gateway`. May be repeated",
        set: |settings, value, flag| settings.overrides.set(Setting::Image, value, flag),
    },
    Flag {
        name: "images",
        short: None,
        value: Some("FILE"),
        doc: "file with images: a line KEY=IMAGE for each, or a YAML mapping",
        set: |settings, value, _| {
            settings.image_files.push(value.to_owned());
            Ok(())
        },
    },
    Flag {
        name: "image-pattern",
        short: None,
        value: Some("PATTERN"),
        doc: "images for names on the Jina Hub: REGISTRY/{owner}/{name}:{tag}",
        set: |settings, value, flag| settings.overrides.set(Setting::ImagePattern, value, flag),
    },
    Flag {
        name: "strict",
        short: None,
        value: None,
        doc: "fail if an image is not set, instead of writing a placeholder",
        set: |settings, _, flag| {
            settings.is_strict = true;
            settings.overrides.set(Setting::MissingImages, "error", flag)
        },
    },
    Flag {
        name: "context",
        short: None,
        value: Some("K=V"),
        doc: "value of ${{ ENV.K }}, ${{ CONTEXT.K }} and $K. May be repeated",
        set: |settings, value, flag| settings.overrides.set(Setting::Context, value, flag),
    },
    Flag {
        name: "env-file",
        short: None,
        value: Some("FILE"),
        doc: "file with lines K=V, for variables without --context. May be repeated",
        set: |settings, value, flag| {
            settings.of_env_files.extend(env_file::read(value, flag)?);
            Ok(())
        },
    },
    Flag {
        name: "context-env",
        short: None,
        value: None,
        doc: "take values of other variables from the environment",
        set: |settings, _, _| {
            settings.takes_environment = true;
            Ok(())
        },
    },
    Flag {
        name: "no-gateway",
        short: None,
        value: None,
        doc: "leave out the gateway, also if OUTDIR has one from an earlier export",
        set: |settings, _, _| {
            settings.has_no_gateway = true;
            Ok(())
        },
    },
    Flag {
        name: "on-conflict",
        short: None,
        value: Some("POLICY"),
        doc: "for a field that you and the Flow changed: keep, overwrite or error",
        set: |settings, value, flag| settings.overrides.set(Setting::OnConflict, value, flag),
    },
    Flag {
        name: "variables",
        short: None,
        value: Some("MODE"),
        doc: "replace (the default) or keep `$NAME` and `${{ ENV.NAME }}` in the Flow",
        set: |settings, value, flag| settings.overrides.set(Setting::Variables, value, flag),
    },
    Flag {
        name: "jcloud",
        short: None,
        value: Some("MODE"),
        doc: "translate (the default) or ignore `jcloud` blocks of the Flow",
        set: |settings, value, flag| settings.overrides.set(Setting::Jcloud, value, flag),
    },
    Flag {
        name: "jina-version",
        short: None,
        value: Some("X.Y.Z"),
        doc: "version of Jina in the containers; the default is 3.34.0",
        set: |settings, value, flag| settings.overrides.set(Setting::JinaVersion, value, flag),
    },
];

/// The flag of commands that check objects.
const EXTERNAL: Flag = Flag {
    name: "external",
    short: None,
    value: Some("KIND/NAME"),
    doc: "an object that others provide, such as secret/hf-token; NAME may\n\
          be `*`. May be repeated",
    // As in the annotation, one value may list several objects, separated by commas.
    set: |settings, value, flag| {
        value.split(',').try_for_each(|object| settings.external.declare(object).map_err(|finding| finding.on(flag)))
    },
};

/// Flags of `check`.
pub const OF_CHECK: &[Flag] = &[
    EXTERNAL,
    Flag {
        name: "strict",
        short: None,
        value: None,
        doc: "exit with 1 after a warning; warn about moving tags and plain secrets",
        set: |settings, _, _| {
            settings.is_strict = true;
            Ok(())
        },
    },
    Flag {
        name: "output",
        short: Some('o'),
        value: Some("FORMAT"),
        doc: "table (the default), or json for `results` of a ResourceList",
        set: SET_OUTPUT,
    },
];

/// Flags of `diff`.
pub const OF_DIFF: &[Flag] = &[
    Flag { name: "output", short: Some('o'), value: Some("FORMAT"), doc: "text (the default), markdown, json or mermaid", set: SET_OUTPUT },
    Flag {
        name: "live",
        short: None,
        value: None,
        doc: "OLD is the output of `kubectl get -o yaml`",
        set: |settings, _, _| {
            settings.sides.is_live = true;
            Ok(())
        },
    },
    BUILD,
    EXTERNAL,
];

/// Flags of `graph`.
pub const OF_GRAPH: &[Flag] = &[
    Flag { name: "output", short: Some('o'), value: Some("FORMAT"), doc: "mermaid (the default), dot or svg", set: SET_OUTPUT },
    BUILD,
    EXTERNAL,
];

/// Flags of `summary`.
pub const OF_SUMMARY: &[Flag] = &[
    Flag { name: "output", short: Some('o'), value: Some("FORMAT"), doc: "text (the default), markdown, or json", set: SET_OUTPUT },
    BUILD,
];

/// Flags of every command.
pub const OF_ALL: &[Flag] = &[
    Flag {
        name: "help",
        short: Some('h'),
        value: None,
        doc: "print this help, or the help of a command",
        set: |settings, _, _| {
            settings.page = Some(Page::Help);
            Ok(())
        },
    },
    Flag {
        name: "version",
        short: Some('V'),
        value: None,
        doc: "print the version",
        set: |settings, _, _| {
            settings.page = Some(Page::Version);
            Ok(())
        },
    },
];

impl Settings {
    /// The format of the output, of the formats of a command. The first one is the default.
    pub fn format<T: Copy, const N: usize>(&self, formats: [(&'static str, T); N]) -> Result<T, Finding> {
        let wanted = self.output.as_deref().unwrap_or(formats[0].0);
        formats.iter().find(|(name, _)| *name == wanted).map(|(_, format)| *format).ok_or_else(|| {
            let finding = Code::ValueNotAllowed.error("--output", "is not an output format").got(wanted);
            finding.suggest(wanted, formats.iter().map(|(name, _)| *name))
        })
    }
}

impl Flag {
    /// The name of the flag as users write it.
    pub fn spelled(&self) -> String {
        format!("--{}", self.name)
    }
}

/// All flags.
fn all() -> impl Iterator<Item = &'static Flag> {
    OF_ALL.iter().chain(OF_INIT).chain(OF_EXPORT).chain(OF_IMPORT).chain(OF_CHECK).chain(OF_DIFF).chain(OF_GRAPH).chain(OF_SUMMARY)
}

/// The flag with a long name.
pub fn long(name: &str) -> Result<&'static Flag, Finding> {
    all().find(|flag| flag.name == name).ok_or_else(|| unknown(&format!("--{name}")))
}

/// The flag with a short name.
pub fn short(name: char) -> Result<&'static Flag, Finding> {
    all().find(|flag| flag.short == Some(name)).ok_or_else(|| unknown(&format!("-{name}")))
}

fn unknown(written: &str) -> Finding {
    let names: Vec<String> = all().map(Flag::spelled).collect();
    let finding = Code::UnknownFlag.error("", "unknown flag").got(written);
    match nearest(written, names.iter().map(String::as_str)) {
        Some(near) => finding.propose(near),
        None => finding.fix("run `jinaflow --help` for the list of flags"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fields::caller_fields;

    #[test]
    fn every_setting_that_the_manual_names_has_a_flag() {
        let without: Vec<&str> = caller_fields().map(|field| field.caller.flag).filter(|flag| long(flag).is_err()).collect();
        assert_eq!(without, Vec::<&str>::new());
    }
}
