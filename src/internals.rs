//! The internal items that the tests of this repository use. They change without notice.

pub mod check {
    pub use crate::check::*;
}
pub mod cli {
    pub mod input {
        pub use crate::cli::input::{FlowOfFile, flows};
    }
    pub mod inspect {
        pub use crate::cli::file::File;
        pub use crate::cli::inspect::{Inspection, Seen, look};
    }
}
pub mod compare {
    pub mod defaults {
        pub use crate::compare::defaults::{rows, scoped};
    }
}
pub mod config {
    pub use crate::config::{Compat, JinaFlow, Overrides, documents, is_jina_flow, read, read_bare};
    pub mod always {
        pub use crate::config::always::*;
    }
    pub mod audience {
        pub use crate::config::audience::Level;
    }
    pub mod corrections {
        pub use crate::config::corrections::*;
    }
    pub mod field {
        pub use crate::config::field::{Field, Shape};
    }
    pub mod fields {
        pub use crate::config::fields::{LAYER, SPEC};
    }
    pub mod images {
        pub use crate::config::Pattern;
        pub use crate::config::image_name::fault;
        pub use crate::config::placeholder::placeholder;
    }
    pub mod jcloud_keys {
        pub use crate::config::jcloud_keys::{INSTANCES, KEYS};
    }
}
pub mod finding {
    pub use crate::finding::{Code, Finding, Findings, Path, Severity};
}
pub mod function {
    pub use crate::function::run;
    pub mod flow_check {
        pub use crate::function::flow_check::is_check;
    }
}
pub mod import {
    pub use crate::import::edits::{Edit, Lifted, lift};
    pub use crate::import::*;
}
pub mod jina {
    pub mod former {
        pub use crate::jina::former::{FORMER, Former, fields};
    }
    pub mod options {
        pub use crate::jina::options::*;
    }
    pub mod scalar {
        pub use crate::jina::scalar::*;
    }
}
pub mod krm {
    pub use crate::krm::{Caller, Item, ResourceList};
    pub mod meta {
        pub use crate::krm::meta::Meta;
    }
}
pub mod picture {
    pub use crate::picture::*;
}
pub mod manifests {
    pub mod reasons {
        pub use crate::manifests::reasons::{REASONS, Reason};
    }
}
pub mod plan {
    pub use crate::plan::Budget;
}
pub mod reconcile {
    pub use crate::reconcile::Memories;
    pub mod ownership {
        pub use crate::reconcile::ownership::{OBJECT, Ours};
    }
}
pub mod render {
    pub use crate::render::Rendering;
}
pub mod report {
    pub use crate::report::{Subject, has_errors, lines, place};
}
pub mod yaml {
    pub use crate::yaml::{
        Arena, Data, Dialect, Document, Node, Scalar, Style, edit, kubernetes_value, read, read_all, read_all_as, read_as, write,
        write_entry,
    };
}
