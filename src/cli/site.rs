//! Addresses of pages of the documentation's site, which `docs/build.sh` builds.

use crate::config::field_page::Entry;

/// The address of the site, with a slash at its end.
const HOME: &str = env!("CARGO_PKG_HOMEPAGE");

/// The line with the address of a code. The page of all codes leads to the page of each, which can change.
pub fn code(name: &str) -> String {
    line("codes", name)
}

/// The line with the address of a field of a JinaFlow.
pub fn field(entry: &Entry) -> String {
    line("fields", &entry.anchor())
}

/// The line with the address of an option of Jina.
pub fn option(name: &str) -> String {
    line("options", name)
}

/// The line with the address of a difference from Jina's export.
pub fn difference(name: &str) -> String {
    line("differences", name)
}

fn line(page: &str, anchor: &str) -> String {
    format!("On the web: {HOME}reference/{page}.html#{anchor}\n")
}
