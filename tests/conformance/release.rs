//! The files of a release, made by the scripts that the workflow runs: archives, image, bills of materials, formula.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::python::{build_wheels, wheels};
use crate::support::{Run, jinaflow, root, run, scratch, tree};
use crate::tools::{copy_files_of_git, folder, must, static_binary, tool};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LINUX: [&str; 2] = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];

/// A script of the release, with the tools and the target folder of this run.
fn script(name: &str, args: &[&str]) -> Command {
    let mut command = tool("bash", &[]);
    command.arg(root().join("release").join(name)).args(args);
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn targets() -> Vec<String> {
    fs::read_to_string(root().join("release/targets")).unwrap().lines().map(str::to_owned).collect()
}

fn write(file: &Path, content: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

/// The programs of all targets. Those for other systems are stand-ins, because their linkers are not here.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let programs = scratch("programs");
        for target in targets() {
            let (place, is_windows) = (programs.join(&target), target.contains("windows"));
            if target == LINUX[0] {
                fs::create_dir(&place).unwrap();
                fs::copy(static_binary(), place.join("jinaflow")).unwrap();
            } else if target == LINUX[1] {
                must(script("build.sh", &[&target, text(&place)]));
            } else {
                write(&place.join(if is_windows { "jinaflow.exe" } else { "jinaflow" }), &target);
            }
        }
        programs
    })
}

/// What archives have besides the program, and the command that prints it.
const EXTRAS: [(&str, &[&str]); 6] = [
    ("completions/jinaflow.bash", &["completion", "bash"]),
    ("completions/_jinaflow", &["completion", "zsh"]),
    ("completions/jinaflow.fish", &["completion", "fish"]),
    ("completions/jinaflow.ps1", &["completion", "powershell"]),
    ("man/man1/jinaflow-export.1", &["man", "export"]),
    ("man/man5/jinaflow.5", &["man", "fields"]),
];

fn package() -> PathBuf {
    let files = scratch("release").join("files");
    must(script("package.sh", &[text(programs()), text(&files)]));
    files
}

/// The files of a release.
fn files() -> &'static Path {
    static FILES: OnceLock<PathBuf> = OnceLock::new();
    FILES.get_or_init(package)
}

fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}

#[test]
fn a_release_has_an_archive_and_a_bill_of_materials_for_each_target() {
    let first = bytes(files());
    let archive = |target: &String| format!("jinaflow-{VERSION}-{target}.{}", if target.contains("windows") { "zip" } else { "tar.gz" });
    let bills = targets().into_iter().map(|target| format!("jinaflow-{VERSION}-{target}.cdx.json"));
    let mut expected: Vec<String> = targets().iter().map(archive).chain(bills).collect();
    expected.extend(["SHA256SUMS", "jinaflow.rb", "notes.md"].map(str::to_owned));
    expected.sort();
    assert_eq!(first.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), expected);
    let second = bytes(&package());
    let differ = first.iter().zip(&second).filter(|(one, other)| one != other).map(|(one, _)| &one.0);
    assert_eq!(differ.collect::<Vec<_>>(), Vec::<&String>::new(), "the same commit and programs give other bytes");
    let mut sums = Command::new("sha256sum");
    sums.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(files());
    must(sums);
    let summed = fs::read_to_string(files().join("SHA256SUMS")).unwrap().lines().count();
    assert_eq!(summed, expected.len() - 2, "all but SHA256SUMS and the notes");
}

/// Unpacks the archive of a target into an empty folder.
fn unpack(files: &Path, target: &str) -> (PathBuf, Run) {
    let prefix = scratch("prefix").join("jinaflow");
    let answer = run(script("unpack.sh", &[text(files), target, text(&prefix)]), b"");
    (prefix, answer)
}

#[test]
fn each_archive_unpacks_into_an_empty_folder_and_works() {
    for target in targets() {
        let (prefix, answer) = unpack(files(), &target);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let name = if target.contains("windows") { "jinaflow.exe" } else { "jinaflow" };
        let program = prefix.join(name);
        assert_eq!(fs::read(&program).unwrap(), fs::read(programs().join(&target).join(name)).unwrap());
        for file in ["LICENSE", "README.md", "CHANGELOG.md"] {
            assert_eq!(fs::read(prefix.join(file)).unwrap(), fs::read(root().join(file)).unwrap());
        }
        for (file, args) in EXTRAS {
            assert_eq!(fs::read_to_string(prefix.join(file)).unwrap(), jinaflow(args).succeeded().stdout, "{file}");
        }
        assert_eq!(program.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(prefix.join("LICENSE").metadata().unwrap().permissions().mode() & 0o777, 0o644);
        // The program for arm64 runs in an emulator.
        if target == LINUX[0] {
            must(script("try.sh", &[text(&program), VERSION]));
        } else if target == LINUX[1] {
            let wrapper = prefix.join("emulated");
            fs::write(&wrapper, format!("#!/bin/sh\nexec qemu-aarch64 {} \"$@\"\n", program.display())).unwrap();
            fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
            must(script("try.sh", &[text(&wrapper), VERSION]));
            // So archives and wheels of all targets can have what one program prints.
            for (file, args) in EXTRAS {
                let printed = must(command(text(&wrapper), args)).stdout;
                assert_eq!(printed, fs::read_to_string(prefix.join(file)).unwrap(), "{file}");
            }
        }
    }
}

#[test]
fn an_archive_with_another_checksum_is_not_unpacked() {
    let changed = scratch("changed");
    for (name, mut content) in bytes(files()) {
        if name.ends_with("linux-musl.tar.gz") {
            content.push(0);
        }
        fs::write(changed.join(name), content).unwrap();
    }
    let (prefix, answer) = unpack(&changed, LINUX[0]);
    assert!(answer.code != 0 && answer.stdout.contains("FAILED"), "{}{}", answer.stdout, answer.stderr);
    assert!(tree(&prefix).is_empty());
    // try.sh notices a program that is not of this version.
    let answer = run(script("try.sh", &[text(&static_binary()), "0.0.1"]), b"");
    assert!(answer.code == 1 && answer.stderr.contains("not \"jinaflow 0.0.1\""), "{}", answer.stderr);
}

#[test]
fn a_build_in_another_folder_has_the_same_bytes() {
    let place = copy_files_of_git();
    let mut build = tool("bash", &[]);
    build.arg(place.join("release/build.sh")).arg(LINUX[0]).env("CARGO_TARGET_DIR", place.join("elsewhere"));
    let program = must(build).stdout.trim().to_owned();
    assert!(program.contains("elsewhere"), "{program}");
    let (one, other) = (fs::read(static_binary()).unwrap(), fs::read(&program).unwrap());
    assert!(one == other, "{} and {program} differ", static_binary().display());
    let found = one.windows(7).any(|bytes| bytes == b"/.cargo");
    assert!(!found, "the program has a path of this machine");
}

#[test]
fn the_program_compiles_for_macos_and_windows() {
    for target in targets().iter().filter(|target| !target.contains("linux")) {
        must(command("rustup", &["target", "add", target]));
        must(command("cargo", &["check", "--quiet", "--locked", "--target", target]));
    }
}

fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// The wheel of the same program has a bill of materials too, which another tool made.
#[test]
fn bills_of_materials_are_valid_and_complete() {
    let wheel = fs::read_dir(wheels()).unwrap().next().unwrap().unwrap().path();
    for target in targets() {
        let mut check = Command::new(folder().join("release/bin/python"));
        check.arg(root().join("tests/conformance/release/bom.py"));
        check.arg(files().join(format!("jinaflow-{VERSION}-{target}.cdx.json"))).arg(&wheel);
        assert!(must(check).stdout.ends_with(" crates\n"));
    }
}

#[test]
fn a_wheel_has_the_program_of_the_archive() {
    let wheel = fs::read_dir(wheels()).unwrap().next().unwrap().unwrap().path();
    let place = scratch("wheel");
    must(command("unzip", &["-q", text(&wheel), "-d", text(&place)]));
    let data = place.join(format!("jinaflow-{VERSION}.data"));
    let program = fs::read(data.join("scripts/jinaflow")).unwrap();
    assert!(program == fs::read(static_binary()).unwrap(), "they differ");
    // Completions and manual pages too, in the places where shells and `man` look.
    let (prefix, _) = unpack(files(), LINUX[0]);
    for (file, archived) in [
        ("bash-completion/completions/jinaflow", "completions/jinaflow.bash"),
        ("zsh/site-functions/_jinaflow", "completions/_jinaflow"),
        ("fish/vendor_completions.d/jinaflow.fish", "completions/jinaflow.fish"),
    ] {
        assert_eq!(fs::read(data.join("data/share").join(file)).unwrap(), fs::read(prefix.join(archived)).unwrap(), "{file}");
    }
    assert_eq!(tree(&data.join("data/share/man")), tree(&prefix.join("man")));
}

#[test]
fn two_wheels_of_one_commit_are_the_same_bytes() {
    let (first, second) = (bytes(wheels()), bytes(&build_wheels()));
    assert!(first.len() == 1 && first == second, "they differ");
    // What is generated for the wheel is not left for a build of another commit.
    assert!(!root().join("python/jinaflow.data").exists());
}

#[test]
fn the_formula_installs_each_archive() {
    for (system, machine, target) in [
        ("linux", "intel", LINUX[0]),
        ("linux", "arm", LINUX[1]),
        ("macos", "intel", "x86_64-apple-darwin"),
        ("macos", "arm", "aarch64-apple-darwin"),
    ] {
        let prefix = scratch("brew");
        let mut brew = Command::new("ruby");
        brew.arg(root().join("tests/conformance/release/brew.rb")).arg(files().join("jinaflow.rb")).arg(files());
        brew.args([system, machine]).arg(&prefix);
        let url = must(brew).stdout;
        assert_eq!(url.trim(), format!("{}/releases/download/v{VERSION}/jinaflow-{VERSION}-{target}.tar.gz", env!("CARGO_PKG_REPOSITORY")));
        assert_eq!(fs::read(prefix.join("bin/jinaflow")).unwrap(), fs::read(programs().join(target).join("jinaflow")).unwrap());
        let others = ["etc/bash_completion.d/jinaflow", "share/man/man5/jinaflow.5", "share/zsh/site-functions/_jinaflow"];
        assert!(others.iter().all(|file| prefix.join(file).is_file()), "{system} {machine}");
    }
    let sums = scratch("sums").join("SHA256SUMS");
    fs::write(&sums, "").unwrap();
    let answer = run(script("formula.sh", &[text(&sums)]), b"");
    assert!(answer.code == 1 && answer.stderr.contains("has no checksum"), "{}", answer.stderr);
}

/// cargo-binstall replaces the variables of an address, as its SUPPORT.md says.
#[test]
fn cargo_binstall_finds_each_archive() {
    let metadata: serde_json::Value =
        serde_json::from_str(&must(command("cargo", &["metadata", "--no-deps", "--offline", "--format-version", "1"])).stdout).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "jinaflow").unwrap();
    let settings = &package["metadata"]["binstall"];
    for target in targets() {
        let (suffix, ending) = match settings["overrides"][&target]["pkg-fmt"].as_str().or(settings["pkg-fmt"].as_str()).unwrap() {
            "zip" => (".zip", ".exe"),
            "tgz" => (".tar.gz", ""),
            other => panic!("{other}"),
        };
        let fill = |template: &str| {
            let values = [
                ("repo", package["repository"].as_str().unwrap()),
                ("version", VERSION),
                ("name", "jinaflow"),
                ("target", &target),
                ("archive-suffix", suffix),
                ("bin", "jinaflow"),
                ("binary-ext", ending),
            ];
            values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value))
        };
        let url = fill(settings["pkg-url"].as_str().unwrap());
        let (start, archive) = url.rsplit_once('/').unwrap();
        assert_eq!(start, format!("{}/releases/download/v{VERSION}", env!("CARGO_PKG_REPOSITORY")));
        let program = fill(settings["bin-dir"].as_str().unwrap());
        let list = if suffix == ".zip" { ["unzip", "-Z1"] } else { ["tar", "-tzf"] };
        let listing = must(command(list[0], &[list[1], text(&files().join(archive))])).stdout;
        assert!(listing.lines().any(|line| line == program), "{program} is not in {archive}:\n{listing}");
    }
}

#[test]
fn notes_are_the_section_of_the_version() {
    let notes = fs::read_to_string(files().join("notes.md")).unwrap();
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let section = changelog.split("\n## ").find(|section| section.starts_with(VERSION)).unwrap().split_once('\n').unwrap().1;
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&notes), words(section));
    // One line for each item, because a forge shows line breaks.
    let items = section.lines().filter(|line| line.starts_with("- ")).count();
    assert!(items >= 1 && notes.lines().filter(|line| line.starts_with("- ")).count() == items);
    assert!(notes.lines().all(|line| line.is_empty() || line.starts_with("- ") || line.starts_with("### ")), "{notes}");
    let answer = run(script("notes.sh", &["99.0.0"]), b"");
    assert!(answer.code == 1 && answer.stderr.contains("no section \"## 99.0.0\""), "{}", answer.stderr);
}

#[test]
fn a_version_is_the_same_everywhere() {
    let place = copy_files_of_git();
    let version = |args: &[&str]| {
        let mut command = tool("bash", &[]);
        command.arg(place.join("release/version.sh")).args(args);
        run(command, b"")
    };
    let git = |args: &[&str]| must(command("git", &[&["-C", text(&place)], args].concat()));
    assert_eq!(version(&["check"]).code, 0);
    let tag = format!("v{VERSION}");
    let heading = format!("## {VERSION} (2026-12-24)");
    let changelog = fs::read_to_string(place.join("CHANGELOG.md")).unwrap();
    fs::write(place.join("CHANGELOG.md"), changelog.replacen(&format!("## {VERSION} (unreleased)"), &heading, 1)).unwrap();
    assert_eq!(version(&["check", &tag]).code, 0);
    for wrong in ["v0.0.1", "0.1.0", "v0.1.0-rc.1"] {
        let answer = version(&["check", wrong]);
        assert!(answer.code == 1 && answer.stderr.contains(&format!("the tag has to be {tag}")), "{}", answer.stderr);
    }
    fs::write(place.join("CHANGELOG.md"), changelog.replacen(&format!("## {VERSION} "), "## 0.0.1 ", 1)).unwrap();
    assert!(version(&["check"]).stderr.contains("CHANGELOG.md has no section"));
    git(&["checkout", "--quiet", "--", "CHANGELOG.md"]);

    // Each place in which a version is written, wrong for once.
    for (file, from) in [
        ("README.md", format!("jinaflow:v{VERSION}")),
        ("pyproject.toml", format!("jinaflow=={VERSION}")),
        ("pyproject.toml", format!("version = \"{VERSION}\"")),
        ("python/pyproject.toml", format!("version = \"{VERSION}\"")),
        ("python/jinaflow/_version.py", format!("'{VERSION}'")),
        ("examples/kpt-pipeline/Kptfile", format!("jinaflow:v{VERSION}")),
    ] {
        let before = fs::read_to_string(place.join(file)).unwrap();
        fs::write(place.join(file), before.replacen(&from, &from.replace(VERSION, "0.0.9"), 1)).unwrap();
        let answer = version(&["check"]);
        assert!(answer.code == 1 && answer.stderr.contains(&format!("\n{file}:")), "{file}: {}", answer.stderr);
        fs::write(place.join(file), before).unwrap();
    }
    assert_eq!(version(&["set", "1.20.3"]).code, 0);
    assert_eq!((version(&[]).stdout.as_str(), version(&["check"]).code), ("1.20.3\n", 0));
    let changed = git(&["diff", "--name-only"]).stdout;
    for file in ["Cargo.toml", "Cargo.lock", "fuzz/Cargo.lock", "CHANGELOG.md", "pyproject.toml", "python/jinaflow/_version.py"] {
        assert!(changed.lines().any(|line| line == file), "{file} has the old version");
    }
    let mut metadata = command("cargo", &["metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"]);
    metadata.current_dir(&place);
    must(metadata);

    // A release of an older line does not take the tags of a newer one.
    for (others, expected) in [
        (&["v1.20.2", "v0.9.0"][..], "v1.20.3\nv1.20\nv1\n"),
        (&["v1.21.0"], "v1.20.3\nv1.20\n"),
        (&["v1.20.10"], "v1.20.3\n"),
        (&["v2.0.0", "v10.0.0"], "v1.20.3\n"),
    ] {
        for tag in others {
            git(&["tag", tag]);
        }
        assert_eq!(version(&["tags"]).stdout, expected, "{others:?}");
    }
}

#[test]
fn the_image_of_a_release_has_both_machines() {
    let name = "localhost/jinaflow-release";
    let list = format!("{name}:v{VERSION}");
    let digests = || {
        must(script("image.sh", &["local", text(programs()), name]));
        let manifests: serde_json::Value = serde_json::from_str(&must(tool("podman", &["manifest", "inspect", &list])).stdout).unwrap();
        let manifests = manifests["manifests"].as_array().unwrap().clone();
        manifests.iter().map(|m| (m["platform"]["architecture"].as_str().unwrap().to_owned(), m["digest"].clone())).collect::<Vec<_>>()
    };
    let first = digests();
    assert_eq!(first.iter().map(|(machine, _)| machine.as_str()).collect::<Vec<_>>(), ["amd64", "arm64"]);
    assert_eq!(digests(), first, "a second build has other layers");
    for (machine, digest) in &first {
        let image = format!("{name}@{}", digest.as_str().unwrap());
        let label = |label: &str| {
            let format = format!("{{{{index .Config.Labels \"org.opencontainers.image.{label}\"}}}}");
            must(tool("podman", &["image", "inspect", &image, "--format", &format])).stdout.trim().to_owned()
        };
        assert_eq!((label("version").as_str(), label("source").as_str()), (VERSION, env!("CARGO_PKG_REPOSITORY")), "{machine}");
        let target = if machine == "amd64" { LINUX[0] } else { LINUX[1] };
        let created = must(tool("podman", &["create", "--platform", &format!("linux/{machine}"), &image])).stdout.trim().to_owned();
        let copied = scratch("image").join("jinaflow");
        must(tool("podman", &["cp", &format!("{created}:/jinaflow"), text(&copied)]));
        must(tool("podman", &["rm", &created]));
        assert_eq!(fs::read(copied).unwrap(), fs::read(programs().join(target).join("jinaflow")).unwrap(), "{machine}");
    }
    let version = must(tool("podman", &["run", "--rm", "--platform", "linux/amd64", &list, "--version"])).stdout;
    assert_eq!(version, format!("jinaflow {VERSION}\n"));
}
