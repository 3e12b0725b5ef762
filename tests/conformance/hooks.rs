//! The hooks for pre-commit, with the real pre-commit, git and pip, and without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::wheels;
use crate::support::{Run, root, run, scratch};
use crate::tools::{copy_files_of_git, edit, folder, must, static_binary, tool};

const CONFIG: &str = "repos:\n- repo: HOOKS\n  rev: vVERSION\n  hooks:\n  - id: jinaflow-current\n    args: [flow.yml, k8s]\n  - id: jinaflow-check\n    args: [k8s]\n";

const CONFIG_OF_PACKAGE: &str =
    "repos:\n- repo: HOOKS\n  rev: vVERSION\n  hooks:\n  - id: jinaflow-current-kpt\n    args: [packages/search]\n";

/// A repository of a user with a rendered Flow and hooks.
struct User {
    place: PathBuf,
    finds: String,
    cache: PathBuf,
}

impl User {
    /// A repository without a commit.
    fn new() -> Self {
        Self {
            place: scratch("user"),
            finds: format!("{} {}", wheels().display(), folder().join("release/wheels").display()),
            cache: scratch("pre-commit"),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    /// Adds all files to git, and installs hooks.
    fn begin(&self, config: &str) {
        let config = config.replace("HOOKS", hooks().to_str().unwrap()).replace("VERSION", env!("CARGO_PKG_VERSION"));
        fs::write(self.file(".pre-commit-config.yaml"), config).unwrap();
        self.git(&["init", "--quiet", "--initial-branch", "main"]);
        self.git(&["add", "--all"]);
        must(self.command("pre-commit", &["install"]));
    }

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

fn passed(answer: &Run, hooks: usize) {
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code == 0 && said.matches("Passed").count() == hooks, "{said}");
}

#[test]
fn hooks_find_stale_missing_and_broken_objects() {
    let user = User::new();
    let file = |name: &str| user.file(name);
    fs::copy(root().join("examples/getting-started/flow.yml"), file("flow.yml")).unwrap();
    let mut export = Command::new(static_binary().canonicalize().unwrap());
    export.args(["export", "flow.yml", "k8s"]).current_dir(&user.place);
    must(export);
    user.begin(CONFIG);
    passed(&user.commit(), 2);
    assert!(Path::new(&user.cache).read_dir().unwrap().count() > 1, "the hooks were installed elsewhere");

    // The Flow changes, but not the objects. The hook renders them.
    edit(&file("flow.yml"), "replicas: 2", "replicas: 3");
    failed(
        &user.commit(),
        &["rendered objects are current...", "Failed", "k8s/encoder/encoder.yml: was not current; add it to the commit"],
    );
    passed(&user.commit(), 2);

    // A new executor: git does not know its file.
    edit(&file("flow.yml"), "  - name: indexer", "  - name: ranker\n    uses: docker://acme/ranker:1.0.0\n  - name: indexer");
    failed(&user.commit(), &["k8s/ranker/ranker.yml: was not current", "k8s/gateway/gateway.yml: was not current"]);
    failed(&user.commit(), &["k8s/ranker/ranker.yml: is not in git; add it to the commit"]);
    user.git(&["add", "k8s/ranker/ranker.yml"]);
    passed(&user.commit(), 2);

    fs::remove_file(file("k8s/ranker/ranker.yml")).unwrap();
    failed(&user.commit(), &["k8s/ranker/ranker.yml: was not current"]);
    user.git(&["reset", "--quiet", "--hard"]);

    edit(&file("k8s/indexer/indexer-0.yml"), "name: indexer-0\n", "name: indexer-9\n");
    failed(&user.commit(), &["jinaflow check...", "error[reference-not-found]"]);
    user.git(&["reset", "--quiet", "--hard"]);

    edit(&file(".pre-commit-config.yaml"), "args: [flow.yml, k8s]", "args: [flow.yml]");
    failed(&user.commit(), &["the first two arguments are FLOW and OUTDIR"]);
}

/// Runs the command that the hook prints, as a user does who has kpt.
fn follow(user: &User, answer: &Run) {
    let said = format!("{}{}", answer.stdout, answer.stderr);
    let command = said.lines().find_map(|line| line.split_once("; run: kpt ")).unwrap_or_else(|| panic!("{said}")).1;
    let mut kpt = tool("kpt", &command.split_whitespace().collect::<Vec<_>>());
    kpt.current_dir(&user.place);
    must(kpt);
}

#[test]
fn a_hook_finds_stale_and_missing_objects_of_a_kpt_package() {
    let user = User::new();
    let file = |name: &str| user.file(&format!("packages/search/{name}"));
    let mut init = Command::new(static_binary().canonicalize().unwrap());
    let flow = root().join("examples/getting-started/flow.yml").canonicalize().unwrap();
    init.args(["init", flow.to_str().unwrap(), "packages/search", "--kpt", "--name", "search"]).current_dir(&user.place);
    must(init);
    let render = || {
        let mut kpt = tool("kpt", &["fn", "render", "packages/search", "--allow-exec"]);
        kpt.current_dir(&user.place);
        must(kpt);
    };
    render();
    user.begin(CONFIG_OF_PACKAGE);
    passed(&user.commit(), 1);

    // The Flow changes. The package is current again after the command in the message, which adds a file.
    edit(&file("jinaflow.yaml"), "replicas: 2", "replicas: 3");
    edit(
        &file("jinaflow.yaml"),
        "      - name: indexer",
        "      - name: ranker\n        uses: docker://acme/ranker:1.0.0\n      - name: indexer",
    );
    let answer = user.commit();
    failed(
        &answer,
        &[
            "rendered objects of kpt packages are current...",
            "error[generated-object-stale]: packages/search/encoder/encoder.yml: spec.replicas: would become \"3\" by a render",
            "error[generated-object-stale]: packages/search/gateway/gateway.yml: ",
            "error[generated-object-missing]: packages/search/ranker/ranker.yml: the Deployment `ranker` is missing",
            "; run: kpt fn render packages/search --allow-exec",
        ],
    );
    follow(&user, &answer);
    failed(&user.commit(), &["packages/search/ranker/ranker.yml: is not in git; add it to the commit"]);
    user.git(&["add", "packages/search"]);
    passed(&user.commit(), 1);

    // A file that was deleted, and one of an executor that is gone.
    fs::remove_file(file("ranker/ranker.yml")).unwrap();
    let answer = user.commit();
    failed(&answer, &["error[generated-object-missing]: packages/search/ranker/ranker.yml: the Service `ranker` is missing"]);
    follow(&user, &answer);
    user.git(&["add", "--all"]);
    edit(&file("jinaflow.yaml"), "      - name: ranker\n        uses: docker://acme/ranker:1.0.0\n", "");
    let answer = user.commit();
    failed(&answer, &["error[generated-object-left-over]: packages/search/ranker/ranker.yml: the Deployment `ranker`"]);
    follow(&user, &answer);
    user.git(&["add", "--all"]);
    passed(&user.commit(), 1);

    // A render keeps edits, so they are not stale. That is so before and after a render.
    edit(&file("encoder/encoder.yml"), "replicas: 3", "replicas: 7");
    passed(&user.commit(), 1);
    render();
    assert!(fs::read_to_string(file("encoder/encoder.yml")).unwrap().contains("replicas: 7"));
    assert_eq!(user.git(&["status", "--porcelain"]).stdout, "");

    // Settings in the Kptfile count too, and other functions of the pipeline are not jinaflow's.
    edit(
        &file("Kptfile"),
        "      configPath: jinaflow.yaml\n",
        "      configMap:\n        jinaVersion: 3.33.0\n    - image: example.com/label:v1\n",
    );
    failed(&user.commit(), &["error[generated-object-stale]: packages/search/gateway/gateway.yml: "]);
    user.git(&["reset", "--quiet", "--hard"]);

    edit(&user.file(".pre-commit-config.yaml"), "args: [packages/search]", "args: [packages]");
    failed(&user.commit(), &["the arguments are folders with a Kptfile"]);
}
