class Jinaflow < Formula
  desc "Kubernetes manifests for Jina Flows: kustomize, kpt, or plain YAML"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "@URL@-aarch64-apple-darwin.tar.gz"
      sha256 "@aarch64-apple-darwin@"
    end
    on_intel do
      url "@URL@-x86_64-apple-darwin.tar.gz"
      sha256 "@x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@URL@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@URL@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "jinaflow"
    bash_completion.install "completions/jinaflow.bash" => "jinaflow"
    zsh_completion.install "completions/_jinaflow"
    fish_completion.install "completions/jinaflow.fish"
    man1.install Dir["man/man1/*.1"]
    man5.install Dir["man/man5/*.5"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/jinaflow --version")
  end
end
