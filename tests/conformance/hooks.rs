//! The hooks for pre-commit, with the real pre-commit, git and pip, and without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::wheels;
use crate::support::{Run, root, run, scratch};
use crate::tools::{copy_files_of_git, edit, folder, must};

const CONFIG: &str = "repos:\n- repo: HOOKS\n  rev: vVERSION\n  hooks:\n  - id: jinaflow-current\n    args: [flow.yml, k8s]\n  - id: jinaflow-check\n    args: [k8s]\n";

/// A repository of a user with a rendered Flow and hooks.
struct User {
    place: PathBuf,
    finds: String,
    cache: PathBuf,
}

impl User {
    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.place).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", folder().join("release/bin").display())).env("HOME", &self.cache);
        command.env("PRE_COMMIT_HOME", &self.cache).env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", &self.finds);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "user").env(format!("GIT_{role}_EMAIL"), "user@example.com");
        }
        command
    }

    fn git(&self, args: &[&str]) -> Run {
        must(self.command("git", args))
    }

    /// Commits everything that git knows, and returns what the hooks print.
    fn commit(&self) -> Run {
        self.git(&["add", "--update"]);
        run(self.command("git", &["commit", "--quiet", "--message", "change"]), b"")
    }
}

/// The repository of the hooks, as it would be at the tag of this version.
fn hooks() -> PathBuf {
    let place = copy_files_of_git();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(&place).args(["-c", "user.name=hooks", "-c", "user.email=hooks@example.com"]).args(args);
        must(command)
    };
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "release"]);
    git(&["tag", &format!("v{}", env!("CARGO_PKG_VERSION"))]);
    place
}

fn failed(answer: &Run, expected: &[&str]) {
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code == 1 && expected.iter().all(|part| said.contains(part)), "{expected:?}\n{said}");
}

fn passed(answer: &Run) {
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code == 0 && said.matches("Passed").count() == 2, "{said}");
}

#[test]
fn hooks_find_stale_missing_and_broken_objects() {
    let hooks = hooks();
    let user = User {
        place: scratch("user"),
        finds: format!("{} {}", wheels().display(), folder().join("release/wheels").display()),
        cache: scratch("pre-commit"),
    };
    let file = |name: &str| user.place.join(name);
    fs::copy(root().join("examples/getting-started/flow.yml"), file("flow.yml")).unwrap();
    let mut export = Command::new(crate::tools::static_binary().canonicalize().unwrap());
    export.args(["export", "flow.yml", "k8s"]).current_dir(&user.place);
    must(export);
    let config = CONFIG.replace("HOOKS", hooks.to_str().unwrap()).replace("VERSION", env!("CARGO_PKG_VERSION"));
    fs::write(file(".pre-commit-config.yaml"), config).unwrap();
    user.git(&["init", "--quiet", "--initial-branch", "main"]);
    user.git(&["add", "--all"]);
    must(user.command("pre-commit", &["install"]));
    passed(&user.commit());
    assert!(Path::new(&user.cache).read_dir().unwrap().count() > 1, "the hooks were installed elsewhere");

    // The Flow changes, but not the objects. The hook renders them.
    edit(&file("flow.yml"), "replicas: 2", "replicas: 3");
    failed(
        &user.commit(),
        &["rendered objects are current...", "Failed", "k8s/encoder/encoder.yml: was not current; add it to the commit"],
    );
    passed(&user.commit());

    // A new executor: git does not know its file.
    edit(&file("flow.yml"), "  - name: indexer", "  - name: ranker\n    uses: docker://acme/ranker:1.0.0\n  - name: indexer");
    failed(&user.commit(), &["k8s/ranker/ranker.yml: was not current", "k8s/gateway/gateway.yml: was not current"]);
    failed(&user.commit(), &["k8s/ranker/ranker.yml: is not in git; add it to the commit"]);
    user.git(&["add", "k8s/ranker/ranker.yml"]);
    passed(&user.commit());

    fs::remove_file(file("k8s/ranker/ranker.yml")).unwrap();
    failed(&user.commit(), &["k8s/ranker/ranker.yml: was not current"]);
    user.git(&["reset", "--quiet", "--hard"]);

    edit(&file("k8s/indexer/indexer-0.yml"), "name: indexer-0\n", "name: indexer-9\n");
    failed(&user.commit(), &["jinaflow check...", "error[reference-not-found]"]);
    user.git(&["reset", "--quiet", "--hard"]);

    edit(&file(".pre-commit-config.yaml"), "args: [flow.yml, k8s]", "args: [flow.yml]");
    failed(&user.commit(), &["the first two arguments are FLOW and OUTDIR"]);
}
