//! An export of Jina in the folder of `jinaflow export FLOW DIR`.

use std::fs;
use std::path::{Path, PathBuf};

use super::edits::{KINDS, edit};
use super::package::{Objects, Package, canonical, objects_of};
use super::{edited_packages, example};
use crate::support::random::Random;
use crate::support::{Run, jinaflow, scratch, tree};

/// A folder with an export, and the file of its Flow.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn of(package: &Package) -> Self {
        let folder = scratch("adoption");
        for (file, text) in &package.files {
            let path = folder.join("out").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let images = package.spec["images"].as_object().into_iter().flatten();
        let jina_flow = serde_json::json!({
            "apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "metadata": {"name": "search", "namespace": package.namespace},
            "spec": {"flow": package.spec["flow"], "images": images.map(|(name, image)| (name.clone(), image.clone())).collect::<serde_json::Map<_, _>>()},
        });
        fs::write(folder.join("flow.yml"), jina_flow.to_string()).unwrap();
        Self(folder)
    }

    pub fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    pub fn export(&self, more: &[&str]) -> Run {
        let (flow, out) = (self.0.join("flow.yml"), self.out());
        jinaflow(&[&["export", flow.to_str().unwrap(), out.to_str().unwrap()], more].concat())
    }

    pub fn objects(&self) -> Objects {
        let files = tree(&self.out()).into_iter().filter(|(name, _)| name.ends_with(".yml"));
        objects_of(files.flat_map(|(_, text)| crate::support::documents(&text)).collect())
    }
}

/// The objects of an export to a new folder.
fn fresh(folder: &Folder) -> Objects {
    let new = Folder(scratch("adoption"));
    fs::copy(folder.0.join("flow.yml"), new.0.join("flow.yml")).unwrap();
    new.export(&[]);
    new.objects()
}

#[test]
fn an_export_of_jina_in_the_folder_is_merged() {
    let folder = Folder::of(&example());
    let run = folder.export(&[]);
    assert_eq!((run.code, run.codes()), (0, vec!["adoption-needs-delete"]), "{}", run.stderr);
    assert_eq!(run.summary[0], "jinaflow: search: 5 added, 15 adopted, 2 fields kept because edited");
    assert!(run.summary[1].contains("your edits of the Deployment search/encoder stay: spec.replicas"), "{:?}", run.summary);
    let mut expected = fresh(&folder);
    let deployment = expected.get_mut(&("Deployment".to_owned(), "encoder".to_owned())).unwrap();
    deployment["spec"]["replicas"] = 6.into();
    deployment["spec"]["template"]["spec"]["containers"][0]["resources"] = serde_json::json!({"limits": {"memory": "8Gi"}});
    assert_eq!(folder.objects().values().map(canonical).collect::<Vec<_>>(), expected.values().map(canonical).collect::<Vec<_>>());
    let before = tree(&folder.out());
    assert!(before.values().all(|text| !text.contains("flow.jina.ai/object")), "a mark is left");
    folder.export(&[]).succeeded();
    assert!(tree(&folder.out()) == before, "the second export has changed something");
}

#[test]
fn with_compat_only_the_record_is_added() {
    let folder = Folder::of(&example());
    let mut before = tree(&folder.out());
    let run = folder.export(&["--compat", "jina-3.34"]).succeeded();
    // The other objects are exactly what the export writes.
    assert_eq!(run.summary[0], "jinaflow: search: 1 adopted, 2 fields kept because edited, 14 unchanged");
    let after = tree(&folder.out());
    before.insert(".jinaflow".to_owned(), after[".jinaflow"].clone());
    assert!(after == before, "the export has changed something");
    // A later change of the Flow is merged.
    let flow = folder.0.join("flow.yml");
    fs::write(&flow, fs::read_to_string(&flow).unwrap().replace("clip-encoder:1.2.0", "clip-encoder:1.3.0")).unwrap();
    folder.export(&["--compat", "jina-3.34"]).succeeded();
    let text = fs::read_to_string(folder.out().join("encoder/encoder.yml")).unwrap();
    assert_eq!(text, before["encoder/encoder.yml"].replace("clip-encoder:1.2.0", "clip-encoder:1.3.0"));
}

#[test]
fn a_broken_file_of_an_export_is_refused() {
    let path = Path::new("encoder/encoder.yml");
    for (from, to) in [
        ("---\napiVersion: apps/v1\n", "apiVersion: apps/v1\n"),
        ("spec:\n  replicas", "spec: {\n  replicas"),
        ("  replicas: 6\n", "  replicas: 6\n  replicas: 7\n"),
    ] {
        let folder = Folder::of(&example());
        let file = folder.out().join(path);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        fs::write(&file, text.replace(from, to)).unwrap();
        let before = tree(&folder.out());
        let run = folder.export(&[]);
        assert_eq!((run.code, run.codes()), (1, vec!["export-broken"]), "{}", run.stderr);
        assert!(tree(&folder.out()) == before, "the export has changed something");
        fs::write(&file, text).unwrap();
        assert_eq!(folder.export(&[]).code, 0);
    }
}

#[test]
fn an_export_in_another_namespace_is_refused_once() {
    let mut package = example();
    package.namespace = "prod".to_owned();
    let folder = Folder::of(&package);
    let before = tree(&folder.out());
    let run = folder.export(&[]);
    assert_eq!((run.code, run.codes()), (1, vec!["export-of-another-flow"]), "{}", run.stderr);
    assert!(tree(&folder.out()) == before, "the export has changed something");
    run.says("(`--k8s-namespace` of an export)");
    assert_eq!(folder.export(&["--k8s-namespace", "search"]).code, 0);
}

#[test]
fn an_export_in_one_file_is_merged_where_it_is() {
    let mut package = example();
    let all = package.files.values().map(|text| text.trim_end()).collect::<Vec<_>>().join("\n---\n") + "\n";
    package.files = [("all.yml".to_owned(), all)].into();
    let folder = Folder::of(&package);
    let run = folder.export(&["--compat", "jina-3.34"]).succeeded();
    assert_eq!(run.summary[0], "jinaflow: search: 15 adopted, 2 fields kept because edited");
    assert_eq!(tree(&folder.out()).keys().collect::<Vec<_>>(), [".jinaflow", "all.yml"]);
    assert_eq!(fs::read_to_string(folder.out().join("all.yml")).unwrap(), package.files["all.yml"]);
}

#[test]
fn random_edits_stay_in_a_folder() {
    let packages = edited_packages();
    let mut made = 0;
    for number in 0..120 {
        let mut random = Random::from(1_000_000 + number);
        let (name, package) = random.pick(&packages);
        let original = Folder::of(package);
        let mut expected = fresh(&original);
        let mut edited = package.edited();
        let kind = random.below(KINDS.len());
        made += usize::from(edit(kind, &mut edited, &mut expected, &mut random));
        let folder = Folder::of(&package.with(&edited));
        let run = folder.export(&[]);
        let what = format!("case {number}, {name}, {}", KINDS[kind].0);
        assert_eq!(run.code, 0, "{what}: {}", run.stderr);
        let objects = folder.objects();
        for name in expected.keys().chain(objects.keys()) {
            assert_eq!(objects.get(name).map(canonical), expected.get(name).map(canonical), "{what}: {name:?}");
        }
        let before = tree(&folder.out());
        folder.export(&[]);
        assert!(tree(&folder.out()) == before, "{what}: the second export has changed something");
    }
    assert!(made >= 80, "only {made} edits");
}
