//! `actions/diff`: what a pull request changes, as one comment. The steps of the action and of the example for GitLab run as they
//! are, on two commits of a repository, against a stand-in of GitHub and GitLab.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::forge::{Comment, Forge, Kind, TOKEN, me};
use crate::kustomize::write;
use crate::support::{Run, documents, root, run, scratch};
use crate::tools::{copy, edit, folder, must, static_binary, tool};

const MARK: &str = "<!-- jinaflow-diff -->";

/// A name that a script must quote.
const BRANCH: &str = "release/1.0;'$(touch${IFS}owned)\"&|é";

fn git(repository: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(words)
        .current_dir(repository);
    must(command).stdout.trim_end().to_owned()
}

fn commit(repository: &Path, message: &str) -> String {
    git(repository, &["add", "--all"]);
    git(repository, &["commit", "--quiet", "--message", message]);
    git(repository, &["rev-parse", "HEAD"])
}

/// A patch that removes a Service to which the gateway sends requests.
const UNWIRED: &str = "patches:\n- patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: encoder}\n    $patch: delete\n";

const NEW: &str = "kustomize/overlays/new one";

/// An overlay of the example for staging.
fn overlay(repository: &Path, name: &str, more: &str) {
    let folder = repository.join(name);
    fs::create_dir_all(&folder).unwrap();
    write(&folder, "kustomization.yaml", &format!("resources: [../staging]\nlabels: [{{pairs: {{a: b}}}}]\n{more}"));
}

/// A repository in which a change adds, removes, breaks and repairs overlays. The branch that it goes to has moved on.
fn repository() -> PathBuf {
    let repository = copy("examples");
    overlay(&repository, "kustomize/overlays/old", "");
    overlay(&repository, "kustomize/overlays/repaired", "components: [missing]\n");
    let flow = repository.join("getting-started/flow.yml");
    let mut export = Command::new(static_binary());
    export.arg("export").arg(flow).arg(repository.join("rendered/plain"));
    must(export);
    git(&repository, &["init", "--quiet"]);
    let base = commit(&repository, "base");

    edit(&repository.join("kustomize/overlays/staging/kustomization.yaml"), "newTag: 1.3.0-rc1", "newTag: 1.3.0-rc2");
    let moved_on = commit(&repository, "not part of the change");
    git(&repository, &["update-ref", &format!("refs/remotes/origin/{BRANCH}"), &moved_on]);

    git(&repository, &["checkout", "--quiet", "--detach", &base]);
    edit(&repository.join("kustomize/overlays/prod/kustomization.yaml"), "  count: 4\n", "  count: 6\n");
    edit(&repository.join("kustomize/overlays/dev/kustomization.yaml"), "resources:\n", "resources:\n- missing.yaml\n");
    edit(
        &repository.join("kustomize/overlays/prod-eu/kustomization.yaml"),
        "configMapGenerator:\n",
        &format!("{UNWIRED}configMapGenerator:\n"),
    );
    edit(&repository.join("rendered/plain/encoder/encoder.yml"), "replicas: 2", "replicas: 3");
    overlay(&repository, NEW, "");
    overlay(&repository, "kustomize/overlays/repaired", "");
    fs::remove_dir_all(repository.join("kustomize/overlays/old")).unwrap();
    commit(&repository, "the change");
    repository
}

/// The result of the action.
struct Performed {
    /// The run of each step, by its name.
    steps: Vec<(String, Run)>,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Performed {
    fn failed(&self) -> bool {
        self.steps.iter().any(|(_, run)| run.code != 0)
    }

    fn said(&self) -> String {
        self.steps.iter().map(|(name, run)| format!("== {name}: {}\n{}{}", run.code, run.stdout, run.stderr)).collect()
    }
}

fn action() -> Value {
    documents(&fs::read_to_string(root().join("actions/diff/action.yml")).unwrap()).remove(0)
}

/// The system's PATH, without the tools.
fn command(words: &[&str], repository: &Path) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(repository).env_remove("KUSTOMIZE_PLUGIN_HOME");
    command
}

/// What GitHub knows about the run of a workflow.
struct Context<'c> {
    forge: &'c Forge,
    /// `head.repo.full_name` of the pull request.
    from: &'c str,
    event: &'c str,
}

/// Runs the action as GitHub does: each step in a shell of its own, with its variables from the inputs.
fn perform(repository: &Path, context: &Context, inputs: &[(&str, &str)]) -> Performed {
    let action = action();
    let place = scratch("runner");
    let files = ["output", "summary"].map(|name| {
        let file = place.join(name);
        fs::write(&file, "").unwrap();
        file
    });
    let event = place.join("event.json");
    fs::write(&event, json!({"pull_request": {"number": 7, "head": {"repo": {"full_name": context.from}}}}).to_string()).unwrap();
    let (jinaflow, kustomize) = (static_binary(), folder().join("bin/kustomize"));
    let input = |name: &str| {
        let own = [("jinaflow", jinaflow.to_str().unwrap()), ("kustomize", kustomize.to_str().unwrap()), ("token", TOKEN)];
        let given = inputs.iter().chain(&own).find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        given.unwrap_or_else(|| action["inputs"][name]["default"].as_str().unwrap_or_else(|| panic!("no input {name}")).to_owned())
    };
    let mut performed = Performed { steps: Vec::new(), outputs: BTreeMap::new(), summary: String::new() };
    for step in action["runs"]["steps"].as_array().unwrap() {
        let is_due = match step["if"].as_str() {
            None => true,
            Some("inputs.jinaflow == ''") => input("jinaflow").is_empty(),
            Some("inputs.comment == 'true' && github.event_name == 'pull_request'") => {
                input("comment") == "true" && context.event == "pull_request"
            }
            Some(condition) => panic!("{condition}"),
        };
        if !is_due {
            continue;
        }
        assert_eq!(step["shell"], "bash");
        let mut shell = command(&["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()], repository);
        for (name, expression) in step["env"].as_object().into_iter().flatten() {
            let expression = expression.as_str().unwrap().trim_start_matches("${{ ").trim_end_matches(" }}");
            let expression = expression.split(" || ").next().unwrap();
            let value = match expression.strip_prefix("inputs.") {
                Some(name) => input(name),
                None => performed.outputs[expression.strip_prefix("steps.diff.outputs.").unwrap()].clone(),
            };
            shell.env(name, value);
        }
        shell
            .env("GITHUB_ACTION_PATH", root().join("actions/diff"))
            .env("RUNNER_TEMP", &place)
            .env("GITHUB_OUTPUT", &files[0])
            .env("GITHUB_STEP_SUMMARY", &files[1])
            .env("GITHUB_EVENT_NAME", context.event)
            .env("GITHUB_EVENT_PATH", &event)
            .env("GITHUB_API_URL", &context.forge.url)
            .env("GITHUB_GRAPHQL_URL", format!("{}/graphql", context.forge.url))
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_REPOSITORY", "acme/search")
            .env("GITHUB_RUN_ID", "11")
            .env("GITHUB_ACTOR", "alice");
        let run = run(shell, b"");
        let failed = run.code != 0;
        performed.steps.push((step["name"].as_str().unwrap().to_owned(), run));
        let outputs = fs::read_to_string(&files[0]).unwrap();
        performed.outputs = outputs.lines().filter_map(|line| line.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        if failed {
            break;
        }
    }
    performed.summary = fs::read_to_string(&files[1]).unwrap();
    assert!(!performed.said().contains(TOKEN) && !performed.summary.contains(TOKEN), "the log has the token");
    performed
}

fn base() -> String {
    format!("origin/{BRANCH}")
}

/// 150 comments of other users. One of them has written the mark.
fn comments_of_others(kind: Kind) -> Vec<Comment> {
    let stranger = if kind == Kind::GitHub { "mallory" } else { "13" };
    let body = |id: u64| if id == 120 { format!("{MARK}\nNothing changes.") } else { format!("comment {id}, not {MARK}") };
    (0..150).map(|id| Comment { id, author: if id == 5 { me(kind) } else { stranger }.to_owned(), body: body(id) }).collect()
}

/// The part of a report below the heading with a name.
fn section<'r>(report: &'r str, name: &str) -> &'r str {
    let (_, rest) = report.split_once(&format!("### `{name}`")).unwrap_or_else(|| panic!("no {name} in\n{report}"));
    rest.split("\n### `").next().unwrap().split("\nNo change").next().unwrap()
}

#[test]
fn a_pull_request_gets_one_comment_that_later_runs_update() {
    let repository = repository();
    let others = comments_of_others(Kind::GitHub);
    let forge = Forge::start(Kind::GitHub, others.clone());
    let context = Context { forge: &forge, from: "acme/search", event: "pull_request" };
    let inputs = [("base", &*base()), ("overlays", "./kustomize/overlays/*/\n\n  rendered/plain  \nkustomize/overlays/staging\n")];
    let first = perform(&repository, &context, &inputs);

    // One overlay cannot be built and one has an error, so the action fails, but only after the comment.
    assert_eq!(
        first.steps.iter().map(|(name, run)| (name.as_str(), run.code)).collect::<Vec<_>>(),
        [("diff", 0), ("comment", 0), ("verdict", 1)]
    );
    assert_eq!(first.outputs["changed"], "true");
    assert_eq!(first.outputs["failed"], "true");
    assert_eq!(forge.written(), ["POST /repos/acme/search/issues/7/comments"]);
    let comment = forge.comments().pop().unwrap();
    let report = comment.body.as_str();
    assert!(report.starts_with(&format!("{MARK}\n")), "{report}");
    assert_eq!(fs::read_to_string(&first.outputs["markdown"]).unwrap(), report);
    assert_eq!(first.summary, report);
    assert!(report.contains(&format!("Compared with {}.", git(&repository, &["rev-parse", "--short", "HEAD^"]))), "{report}");

    let prod = section(report, "kustomize/overlays/prod");
    assert!(prod.contains("replicas: `4 → 6`") && !prod.contains("The check finds"), "{prod}");
    let dev = section(report, "kustomize/overlays/dev");
    assert!(dev.starts_with(" cannot be built\n") && dev.contains("missing.yaml"), "{dev}");
    assert!(!dev.contains(repository.to_str().unwrap()) && !dev.contains("&#"), "{dev}");
    let eu = section(report, "kustomize/overlays/prod-eu");
    assert!(eu.contains("The check finds errors:") && eu.contains("Service") && !eu.contains("cannot be built"), "{eu}");
    assert!(section(report, NEW).starts_with(" is new\n"), "{report}");
    let old = section(report, "kustomize/overlays/old");
    assert!(old.starts_with(" is removed\n") && old.contains("\nkubectl delete --namespace search-staging "), "{report}");
    let repaired = section(report, "kustomize/overlays/repaired");
    assert!(repaired.contains("Not compared: commit ") && repaired.contains("missing"), "{repaired}");
    assert!(section(report, "rendered/plain").contains("encoder"), "{report}");
    // The branch changed staging, the pull request did not. It is named once, although two patterns match it.
    assert!(report.ends_with("No change: `kustomize/overlays/staging`\n"), "{report}");
    assert_eq!(report.matches("### `").count(), 7, "{report}");
    assert_eq!(report.matches("```mermaid\n").count(), 5, "{report}");
    // The value of the Secret of staging and of `new one`, also in base64.
    let key = fs::read_to_string(repository.join("kustomize/overlays/staging/api-key.txt")).unwrap();
    assert!(report.contains("search-credentials") && !report.contains(key.trim()) && !report.contains("api-key:"), "{report}");

    // The next commit corrects everything. The same comment changes, and no other.
    git(&repository, &["checkout", "--quiet", "HEAD^", "--", "kustomize/overlays/dev", "kustomize/overlays/prod-eu"]);
    commit(&repository, "correct");
    let second = perform(&repository, &context, &inputs);
    assert!(!second.failed(), "{}", second.said());
    assert_eq!(forge.written(), [format!("PATCH /repos/acme/search/issues/comments/{}", comment.id)]);
    let comments = forge.comments();
    assert_eq!(comments[..150], others);
    assert_eq!(comments.len(), 151);
    let body = &comments[150].body;
    assert!(body.contains("### `kustomize/overlays/prod`\n") && !body.contains("` cannot be built\n"), "{body}");

    // A commit that takes everything back updates the comment too.
    git(&repository, &["checkout", "--quiet", "HEAD~2", "--", "."]);
    git(&repository, &["rm", "-r", "--quiet", "--force", NEW]);
    commit(&repository, "take back");
    let inputs = [("base", &*base()), ("overlays", "kustomize/overlays/prod\nkustomize/overlays/dev")];
    let third = perform(&repository, &context, &inputs);
    assert!(!third.failed(), "{}", third.said());
    assert_eq!(third.outputs["changed"], "false");
    assert_eq!(forge.written(), [format!("PATCH /repos/acme/search/issues/comments/{}", comment.id)]);
    assert!(forge.comments()[150].body.ends_with("\n\nNothing changes.\n"));
    // Another step with a name has its own comment.
    let named = perform(&repository, &context, &[("base", "HEAD~2"), inputs[1], ("name", "other")]);
    assert_eq!(forge.written(), ["POST /repos/acme/search/issues/7/comments"], "{}", named.said());
    let other = forge.comments().pop().unwrap().body;
    assert!(other.starts_with("<!-- jinaflow-diff other -->\n## What changes in Kubernetes: other\n"), "{other}");
    // The pull request leaves nothing behind in the repository.
    assert_eq!(git(&repository, &["worktree", "list"]).lines().count(), 1);
    assert_eq!(git(&repository, &["status", "--porcelain"]), "");
}

#[test]
fn a_pattern_leaves_out_what_it_should_and_what_is_no_overlay() {
    let repository = repository();
    let forge = Forge::start(Kind::GitHub, Vec::new());
    let context = Context { forge: &forge, from: "acme/search", event: "pull_request" };
    let overlays = "kustomize/*\n!kustomize/base\nkustomize/overlays/*\n! kustomize/overlays/dev/\n!kustomize/overlays/prod-*";
    let performed = perform(&repository, &context, &[("base", &base()), ("overlays", overlays)]);
    assert_eq!(performed.outputs["failed"], "false", "{}", performed.said());
    assert!(performed.said().contains("kustomize/wiring is not an overlay, and is left out"), "{}", performed.said());
    let report = performed.summary;
    assert!(section(&report, "kustomize/overlays/prod").contains("replicas: `4 → 6`"), "{report}");
    for name in ["kustomize/wiring", "kustomize/base", "kustomize/overlays/dev", "kustomize/overlays/prod-eu"] {
        assert!(!report.contains(&format!("`{name}`")), "{name}: {report}");
    }
}

#[test]
fn a_pull_request_that_changes_nothing_gets_no_comment() {
    let repository = repository();
    let forge = Forge::start(Kind::GitHub, Vec::new());
    let context = Context { forge: &forge, from: "acme/search", event: "pull_request" };
    let performed = perform(&repository, &context, &[("base", &base()), ("overlays", "kustomize/overlays/staging")]);
    assert!(!performed.failed(), "{}", performed.said());
    assert_eq!(forge.written(), Vec::<String>::new());
    assert!(performed.summary.ends_with("Nothing changes.\n"));
}

#[test]
fn a_pull_request_from_a_fork_has_the_report_in_the_summary() {
    let repository = repository();
    let forge = Forge::start(Kind::GitHub, Vec::new());
    forge.forbid_writing();
    let inputs = [("base", &*base()), ("overlays", "kustomize/overlays/prod")];
    let fork = Context { forge: &forge, from: "mallory/search", event: "pull_request" };
    let performed = perform(&repository, &fork, &inputs);
    assert!(!performed.failed(), "{}", performed.said());
    assert!(performed.summary.contains("### `kustomize/overlays/prod`") && performed.summary.contains("cannot write a comment"));
    // Without the fork, the job lacks the permission, and says so.
    let own = Context { forge: &forge, from: "acme/search", event: "pull_request" };
    let performed = perform(&repository, &own, &inputs);
    assert!(performed.failed() && performed.said().contains("pull-requests: write"), "{}", performed.said());
    assert_eq!(forge.comments(), []);
    let performed = perform(&repository, &own, &[inputs[0], inputs[1], ("token", "wrong")]);
    assert!(performed.failed() && performed.said().contains("does not accept the token: 401 Bad credentials"), "{}", performed.said());
}

/// What a build runs must not have a token that can write, and what a branch is named must not run.
#[test]
fn a_build_gets_no_token() {
    let repository = repository();
    write(&repository, "spy", "#!/bin/sh\nenv > \"$SPY\"\nexec cat\n");
    must(command(&["chmod", "+x", "spy"], &repository));
    let forge = Forge::start(Kind::GitHub, Vec::new());
    let context = Context { forge: &forge, from: "acme/search", event: "pull_request" };
    let seen = scratch("spy").join("environment");
    let transformer = format!(
        "apiVersion: v1\nkind: Spy\nmetadata:\n  name: spy\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {{path: ../../../spy, envs: [\"SPY={}\"]}}\n",
        seen.display()
    );
    write(&repository.join("kustomize/overlays/prod"), "spy.yaml", &transformer);
    let overlay = repository.join("kustomize/overlays/prod/kustomization.yaml");
    edit(&overlay, "namespace: search\n", "namespace: search\ntransformers: [spy.yaml]\n");
    let performed = perform(&repository, &context, &[("base", &base()), ("overlays", "kustomize/overlays/prod")]);
    assert!(!performed.failed(), "{}", performed.said());
    let environment = fs::read_to_string(seen).unwrap();
    assert!(environment.contains("OVERLAYS=") && !environment.contains(TOKEN), "{environment}");
    assert!(!repository.join("owned").exists());
    // In this event, the token could write, whoever wrote the change.
    let target = Context { forge: &forge, from: "mallory/search", event: "pull_request_target" };
    let performed = perform(&repository, &target, &[("base", &base()), ("overlays", "kustomize/overlays/prod")]);
    assert!(performed.failed() && performed.said().contains("use the event pull_request, not pull_request_target"), "{}", performed.said());
}

#[test]
fn wrong_inputs_are_refused() {
    let repository = repository();
    let shallow = scratch("shallow");
    git(&shallow, &["clone", "--quiet", "--depth", "1", &format!("file://{}", repository.display()), "."]);
    let forge = Forge::start(Kind::GitHub, Vec::new());
    let context = Context { forge: &forge, from: "acme/search", event: "pull_request" };
    let base = base();
    let known = "kustomize/overlays/prod";
    for (place, base, overlays, expected) in [
        (&repository, &*base, "", "OVERLAYS is empty"),
        (&repository, &*base, "kustomize/*\n!kustomize/base", "OVERLAYS matches no overlay"),
        (&repository, &*base, "kustomize/overlays/prodd", "there is no folder kustomize/overlays/prodd"),
        (&repository, &*base, "kustomize/overlays/*.yaml", "there is no folder kustomize/overlays/*.yaml"),
        (&repository, &*base, "../other", "../other is not a path below the root"),
        (&repository, &*base, "/etc", "/etc is not a path below the root"),
        (&repository, "", known, "BASE is not set"),
        (&repository, "origin/none", known, "there is no commit origin/none"),
        (&repository, "--help", known, "there is no commit --help"),
        (&shallow, "HEAD", known, "the clone has no history"),
    ] {
        let performed = perform(place, &context, &[("base", base), ("overlays", overlays)]);
        assert_eq!(performed.steps.len(), 1);
        assert_eq!(performed.steps[0].1.code, 2, "{}", performed.said());
        assert!(performed.said().contains(expected), "{expected}: {}", performed.said());
    }
    let performed = perform(&repository, &context, &[("base", &base), ("overlays", known), ("name", "a -->")]);
    assert!(performed.failed() && performed.said().contains("REPORT_NAME: only letters"), "{}", performed.said());
    let performed = perform(&repository, &context, &[("base", &base), ("overlays", known), ("kustomize", "/no/kustomize")]);
    assert!(performed.failed() && performed.said().contains("/no/kustomize is missing"), "{}", performed.said());
}

/// A folder as compare.sh leaves it, with sections of a length and as many overlays without change.
fn compared(sections: &[String], same: usize) -> PathBuf {
    let out = scratch("compared");
    let names = (0..sections.len() + same).map(|n| format!("overlays/{n}\n")).collect::<String>();
    fs::write(out.join("overlays"), names).unwrap();
    fs::write(out.join("base"), "0123abc\n").unwrap();
    fs::write(out.join("mark"), format!("{MARK}\n")).unwrap();
    fs::write(out.join("title"), "## What changes\n").unwrap();
    fs::write(out.join("unchanged"), (0..same).map(|n| format!("`overlays/{}`\n", sections.len() + n)).collect::<String>()).unwrap();
    for (number, section) in sections.iter().enumerate() {
        let folder = out.join((number + 1).to_string());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("section.md"), section).unwrap();
    }
    out
}

fn report(out: &Path, limit: usize) -> String {
    let script = root().join("actions/diff/report.sh");
    let report =
        must(command(&[script.to_str().unwrap(), out.to_str().unwrap(), &limit.to_string(), "https://example.com/run"], out)).stdout;
    assert!(report.len() <= limit, "{} bytes, {limit} are allowed:\n{report}", report.len());
    assert!(report.starts_with(MARK));
    report
}

#[test]
fn a_long_report_first_loses_its_details_and_then_overlays() {
    let details = |n: usize| format!("<details><summary>all</summary>\n\n{}\n</details>\n", "é".repeat(n));
    let section = |name: &str, table: usize, n: usize| format!("### `{name}`\n\n{}\n{}after\n\n", "t".repeat(table), details(n));
    let sections = [section("a", 300, 3000), section("b", 20_000, 3000), section("c", 300, 3000)];
    let out = compared(&sections, 2);
    let whole = report(&out, 65_536);
    assert!(whole.matches("<details>").count() == 3 && whole.ends_with("No change: `overlays/3`, `overlays/4`\n"), "{whole}");
    assert!(!whole.contains("left out"));
    let without_details = report(&out, 30_000);
    assert_eq!((without_details.matches("details>").count(), without_details.matches("after\n").count()), (0, 3));
    assert!(
        without_details.contains("The details are left out, because the report is too long. [The whole report](https://example.com/run)")
    );
    let without_b = report(&out, 10_000);
    assert!(without_b.contains("### `a`") && !without_b.contains("### `b`") && without_b.contains("### `c`"), "{without_b}");
    assert!(without_b.contains("The details and 1 overlay are left out"), "{without_b}");
    assert!(report(&out, 400).contains("The details and 3 overlays are left out"));
    // Many overlays without change are a number.
    assert!(report(&compared(&sections, 400), 65_536).ends_with("No change in 400 others.\n"));
    assert!(report(&compared(&[], 400), 1_000).ends_with("Nothing changes.\n"));
}

#[test]
fn a_comment_is_never_longer_than_github_accepts() {
    let forge = Forge::start(Kind::GitHub, Vec::new());
    let sections: Vec<String> = (0..40).map(|n| format!("### `overlays/{n}`\n\n{}\n\n", "é😀".repeat(1_000))).collect();
    let out = compared(&sections, 0);
    fs::write(out.join("result"), "changed=true\nfailed=false\n").unwrap();
    let event = out.join("event.json");
    fs::write(&event, json!({"pull_request": {"number": 7, "head": {"repo": {"full_name": "acme/search"}}}}).to_string()).unwrap();
    let script = root().join("actions/diff/github.sh");
    let mut post = command(&[script.to_str().unwrap(), out.to_str().unwrap()], &out);
    post.env("TOKEN", TOKEN)
        .env("GITHUB_EVENT_PATH", event)
        .env("GITHUB_API_URL", &forge.url)
        .env("GITHUB_GRAPHQL_URL", format!("{}/graphql", forge.url))
        .env("GITHUB_SERVER_URL", "https://github.com")
        .env("GITHUB_REPOSITORY", "acme/search")
        .env("GITHUB_RUN_ID", "11");
    assert_eq!(must(post).stdout, "https://github.com/acme/search/pull/7#issuecomment-1000\n");
    let body = &forge.comments()[0].body;
    assert!(body.contains("overlays are left out") && body.contains("(https://github.com/acme/search/actions/runs/11)"), "{body}");
    assert!(body.contains("### `overlays/0`\n"));
}

/// The script of the example for GitLab, as its runner performs it.
fn gitlab(repository: &Path, forge: &Forge, environment: &[(&str, &str)]) -> Run {
    let job = documents(&fs::read_to_string(root().join("examples/pull-request/gitlab-ci.yaml")).unwrap()).remove(0)["diff"].clone();
    let lines: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let mut shell = tool("bash", &["-eo", "pipefail", "-c", &lines.join("\n")]);
    shell.current_dir(repository);
    for (name, value) in job["variables"].as_object().unwrap() {
        shell.env(name, value.as_str().unwrap());
    }
    // The repository of jinaflow: the scripts that the tests test.
    let jinaflow = scratch("jinaflow");
    must(command(&["cp", "-R", root().join("actions").to_str().unwrap(), jinaflow.to_str().unwrap()], repository));
    git(&jinaflow, &["init", "--quiet"]);
    commit(&jinaflow, "jinaflow");
    shell
        .env("JINAFLOW_REPOSITORY", jinaflow)
        .env("CI_API_V4_URL", &forge.url)
        .env("CI_PROJECT_DIR", repository)
        .env("CI_JOB_URL", "https://gitlab.example.com/acme/search/-/jobs/11")
        .env("CI_MERGE_REQUEST_IID", "7")
        .env("CI_MERGE_REQUEST_PROJECT_ID", "3")
        .env("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "3")
        .env("CI_MERGE_REQUEST_DIFF_BASE_SHA", git(repository, &["merge-base", &base(), "HEAD"]))
        .env("JINAFLOW_DIFF_TOKEN", TOKEN)
        .envs(environment.iter().copied());
    let run = run(shell, b"");
    assert!(!format!("{}{}", run.stdout, run.stderr).contains(TOKEN), "the log has the token");
    run
}

#[test]
fn a_merge_request_gets_one_comment_that_later_runs_update() {
    let repository = repository();
    git(&repository, &["checkout", "--quiet", "HEAD^", "--", "kustomize/overlays/prod-eu"]);
    commit(&repository, "correct");
    let others = comments_of_others(Kind::GitLab);
    let forge = Forge::start(Kind::GitLab, others.clone());
    let answer = gitlab(&repository, &forge, &[]);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    assert_eq!(forge.written(), ["POST /projects/3/merge_requests/7/notes"]);
    let note = forge.comments().pop().unwrap();
    assert!(note.body.starts_with(MARK) && note.body.contains("### `kustomize/overlays/prod`\n"), "{}", note.body);
    assert!(section(&note.body, "kustomize/overlays/prod-eu").contains("replicas: `4 → 6`"), "{}", note.body);
    assert!(note.body.ends_with("No change: `kustomize/overlays/staging`\n"), "{}", note.body);
    assert_eq!(fs::read_to_string(repository.join("jinaflow-diff.md")).unwrap(), note.body);

    // A check that fails is in the comment, and fails the job.
    edit(&repository.join("kustomize/overlays/prod/kustomization.yaml"), "patches:\n", UNWIRED);
    let answer = gitlab(&repository, &forge, &[]);
    assert_ne!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    assert_eq!(forge.written(), [format!("PUT /projects/3/merge_requests/7/notes/{}", note.id)]);
    let comments = forge.comments();
    assert_eq!((comments.len(), &comments[..150]), (151, &others[..]));
    assert!(comments[150].body.contains("The check finds errors:"), "{}", comments[150].body);

    // A fork has no token. Without a fork, the missing token is an error.
    git(&repository, &["checkout", "--quiet", "HEAD", "--", "kustomize"]);
    let answer = gitlab(&repository, &forge, &[("JINAFLOW_DIFF_TOKEN", ""), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "4")]);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stdout.contains("from a fork"), "{}", answer.stdout);
    assert_eq!(gitlab(&repository, &forge, &[("JINAFLOW_DIFF_TOKEN", "")]).code, 1);
    assert_eq!(forge.written(), Vec::<String>::new());
}

/// The commands of the page, which need no CI system.
#[test]
fn the_commands_of_the_page_print_a_report() {
    let repository = repository();
    git(&repository, &["checkout", "--quiet", "HEAD^", "--", "kustomize/overlays/dev", "kustomize/overlays/prod-eu"]);
    commit(&repository, "correct");
    git(&repository, &["update-ref", "refs/remotes/origin/main", &base()]);
    must(command(&["cp", "-R", root().join("actions").to_str().unwrap(), "."], &repository));
    let page = fs::read_to_string(root().join("examples/pull-request/README.md")).unwrap();
    let script = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let mut shell = tool("bash", &["-euo", "pipefail", "-c", script]);
    shell.current_dir(&repository);
    let report = must(shell).stdout;
    assert!(report.starts_with(MARK) && report.contains("### `kustomize/overlays/prod`\n"), "{report}");
    // The block of the page is the workflow to copy.
    let workflow = fs::read_to_string(root().join("examples/pull-request/workflow.yaml")).unwrap();
    let block = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let shown = documents(block).remove(0);
    let whole = documents(&workflow).remove(0);
    assert_eq!(shown["permissions"], whole["permissions"]);
    let steps = |workflow: &Value| {
        workflow["jobs"]["diff"]["steps"].as_array().unwrap().iter().filter(|step| step["uses"].is_string()).cloned().collect::<Vec<_>>()
    };
    assert_eq!(steps(&shown), steps(&whole));
}

/// The inputs and outputs that the page lists are those of the action.
#[test]
fn the_page_lists_the_inputs_and_outputs() {
    let page = fs::read_to_string(root().join("examples/pull-request/README.md")).unwrap();
    let listed: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let action = action();
    let names = ["inputs", "outputs"].map(|kind| action[kind].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>());
    let mut expected = names.concat();
    let mut listed = listed;
    expected.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, expected);
}

/// The action compiles its own version if no program is given.
#[test]
fn the_action_installs_its_own_version() {
    let to = scratch("install");
    let mut install = command(&[root().join("actions/diff/install.sh").to_str().unwrap(), to.to_str().unwrap()], &to);
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    must(install);
    let version = must(command(&[to.join("bin/jinaflow").to_str().unwrap(), "--version"], &to)).stdout;
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
}
