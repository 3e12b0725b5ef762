//! `jinaflow graph PATH|FLOW`: the workloads of a Flow, and the addresses between them, as a picture.

use std::io::Write;

use super::export::Export;
use super::failure::{Report, Result};
use super::objects::Objects;
use super::side;
use crate::check::external::External;
use crate::check::{Cluster, Options, check_cluster};
use crate::config::is_jina_flow;
use crate::finding::{Code, Finding, Findings, Severity};
use crate::function::flow_check;
use crate::krm::meta::Meta;
use crate::picture::{Side, draw, exceeds_limits, write_dot, write_mermaid, write_svg};
use crate::report::{self, Subject};

/// A picture to draw.
#[derive(Debug, Default)]
pub struct Drawing {
    /// The file or folder, and the settings with which a Flow is rendered.
    pub source: Export,
    /// Whether the folder of a kustomization is built.
    pub may_build: bool,
    /// The objects that are provided elsewhere.
    pub external: External,
    /// The format of the output.
    pub format: Format,
}

/// The format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Mermaid, for Markdown.
    #[default]
    Mermaid,
    /// The language of Graphviz.
    Dot,
    /// An image.
    Svg,
}

/// The formats by their names, the default first.
pub const FORMATS: [(&str, Format); 3] = [("mermaid", Format::Mermaid), ("dot", Format::Dot), ("svg", Format::Svg)];

/// Draws manifests or a Flow. Findings go to `report`. Returns whether there is a picture.
pub fn graph(drawing: &Drawing, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let path = drawing.source.flow.as_str();
    let Some(side::Manifests { files, is_rendered }) = side::read_or_build(&drawing.source, drawing.may_build, report)? else {
        return Ok(false);
    };
    let objects = Objects::read(&files, report);
    let mut options = Options { external: drawing.external.clone(), is_strict: false };
    let mut own = Findings::default();
    for node in objects.nodes.values().filter(|node| flow_check::is_check(&Meta::of(node))) {
        flow_check::read(node, &mut options.external, &mut own);
    }
    if report::has_errors(report) {
        return Ok(false);
    }
    let cluster = Cluster::of(objects.views(), &options);
    let checked = check_cluster(&cluster);
    if !checked.components.iter().any(|component| component.is_jina) {
        let message = "has no object that runs Jina: no container runs `jina gateway` or `jina executor`";
        let has_flow = objects.nodes.values().any(is_jina_flow);
        let fix = if has_flow {
            "name the file of the JinaFlow, or run kustomize with both flags: kustomize build --enable-alpha-plugins --enable-exec …"
        } else {
            "name a file or folder with the manifests of a Flow, or a Jina YAML file"
        };
        report.push((Subject::File(path.to_owned()), Code::NothingRunsJina.error("", message).fix(fix)));
        return Ok(false);
    }
    let picture = draw(Side { cluster: &cluster, checked: &checked });
    let mut text = String::new();
    let written = match drawing.format {
        Format::Mermaid => write_mermaid(&picture, &mut text),
        Format::Dot => write_dot(&picture, &mut text),
        Format::Svg => write_svg(&picture, &mut text),
    };
    // Writing to a string cannot fail.
    debug_assert!(written.is_ok());
    if drawing.format == Format::Mermaid && exceeds_limits(&picture, &text) {
        let message = "is larger than Mermaid draws: with its defaults, it refuses more than 50000 characters and more than 500 lines";
        let finding = Code::TooLarge.warning("", message);
        report.push((Subject::File(path.to_owned()), finding.fix("draw it with --output svg")));
    }
    let mut errors = Report::new();
    objects.place(checked.findings, false, &mut errors);
    // Rendering has already reported these, with the line in the Flow.
    let is_new = |finding: &Finding| finding.severity == Severity::Error && !(is_rendered && finding.code == Code::ImageNotSet);
    errors.retain(|(_, finding)| is_new(finding));
    // The picture shows the errors, so the command succeeds.
    report.extend(errors.into_iter().map(|(subject, finding)| (subject, finding.with_severity(Severity::Warning))));
    stdout.write_all(text.as_bytes())?;
    Ok(true)
}
