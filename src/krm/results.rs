//! `results` of a `ResourceList` (Functions Spec v1).

use serde::Serialize;

use crate::finding::Finding;
use crate::krm::meta::Meta;

/// One entry of `results`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KrmResult {
    message: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_ref: Option<ResourceRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<File>,
    tags: Tags,
}

/// `tags` is a mapping for the use of whoever reads results (`sigs.k8s.io/kustomize/kyaml/fn/framework.Result`).
#[derive(Debug, Clone, Serialize)]
struct Tags {
    /// The name of the finding's code.
    code: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceRef {
    api_version: String,
    kind: String,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed_value: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct File {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<i64>,
}

impl KrmResult {
    /// A finding about an object, or about the whole list when there is none.
    pub fn new(finding: &Finding, subject: Option<&Meta>) -> Self {
        let subject = subject.filter(|meta| !meta.kind.is_empty() && !meta.name.is_empty());
        let reference = subject.map(|meta| ResourceRef {
            api_version: meta.api_version.clone(),
            kind: meta.kind.clone(),
            name: meta.name.clone(),
            namespace: meta.namespace.clone(),
        });
        // `field` must not stand without `resourceRef`.
        let field = subject.filter(|_| !finding.path.is_empty()).map(|_| Field {
            path: finding.path.to_string(),
            current_value: finding.got.as_deref().map(str::to_owned),
            proposed_value: finding.proposed.as_deref().map(str::to_owned),
        });
        let file = subject.and_then(|meta| meta.path().map(|path| File { path: path.to_owned(), index: meta.index() }));
        Self {
            message: finding.to_string(),
            severity: finding.severity.as_str(),
            resource_ref: reference,
            field,
            file,
            tags: Tags { code: finding.code.name() },
        }
    }
}
