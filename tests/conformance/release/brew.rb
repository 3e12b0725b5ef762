# A stand-in of Homebrew: installs the formula for one system from a folder with the archives, and runs its test.
#   ruby brew.rb FORMULA FILES SYSTEM MACHINE PREFIX      for example: linux intel
# On another system than this one, it installs but does not run the test.
require "digest"
require "fileutils"
require "tmpdir"

FORMULA, FILES, SYSTEM, MACHINE, PREFIX = ARGV

class Place
  def initialize(path) = @path = path
  def to_s = @path

  def install(*what)
    files = what.flatten.flat_map { |item| item.is_a?(Hash) ? item.to_a : [[item, File.basename(item)]] }
    raise "nothing to install in #{@path}" if files.empty?
    files.each do |from, name|
      FileUtils.mkdir_p @path
      FileUtils.cp from, File.join(@path, name)
    end
  end
end

class Formula
  @values = {}
  class << self
    attr_reader :values, :trial

    def inherited(child)
      super
      child.instance_variable_set(:@values, {})
    end

    %i[desc homepage version license url sha256].each do |name|
      define_method(name) do |value|
        raise "#{name} is set twice" if @values[name]
        @values[name] = value
      end
    end

    { on_macos: "macos", on_linux: "linux" }.each { |name, system| define_method(name) { |&block| block.call if SYSTEM == system } }
    { on_arm: "arm", on_intel: "intel" }.each { |name, machine| define_method(name) { |&block| block.call if MACHINE == machine } }
    def test(&block) = @trial = block
  end

  def version = self.class.values.fetch(:version)
  def bin = Place.new("#{PREFIX}/bin")
  def man1 = Place.new("#{PREFIX}/share/man/man1")
  def man5 = Place.new("#{PREFIX}/share/man/man5")
  def bash_completion = Place.new("#{PREFIX}/etc/bash_completion.d")
  def zsh_completion = Place.new("#{PREFIX}/share/zsh/site-functions")
  def fish_completion = Place.new("#{PREFIX}/share/fish/vendor_completions.d")
  def shell_output(command) = `#{command}`.tap { raise "#{command} failed" unless $?.success? }
  def assert_match(wanted, text) = text.include?(wanted) || raise("#{wanted.inspect} is not in #{text.inspect}")
end

load FORMULA
values = Jinaflow.values
missing = %i[desc homepage version license url sha256] - values.keys
raise "the formula has no #{missing}" unless missing.empty?
# `brew audit` limits the description.
raise "the description is too long" if values[:desc].length > 80
archive = File.join(FILES, File.basename(values[:url]))
raise "#{archive} has another checksum" if Digest::SHA256.file(archive).hexdigest != values[:sha256]
formula = Jinaflow.new
Dir.mktmpdir do |folder|
  system("tar", "-xzf", archive, "-C", folder, exception: true)
  # Homebrew enters the only folder of an archive.
  Dir.chdir(Dir.glob("#{folder}/*").first) { formula.install }
end
formula.instance_eval(&Jinaflow.trial) if SYSTEM == "linux" && MACHINE == "intel"
puts values[:url]
