# The command, the C library and, on Linux, the worker. `brew install --HEAD packaging/homebrew/flowcontainer.rb` builds the newest commit of the
# working tree that FLOWCONTAINER_TREE names; there is no archive of a release yet.
class Flowcontainer < Formula
  desc "Network captures in, flow data sets out"
  homepage "https://pypi.org/project/flowcontainer/"
  license all_of: ["MIT", "GPL-2.0-or-later"]
  head ENV.fetch("FLOWCONTAINER_TREE", Dir.pwd), using: :git, branch: "main"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "glib"
  depends_on "lz4"
  depends_on "openssl@3"
  depends_on "pcre2"
  depends_on "xz"
  depends_on "zstd"

  # The worker's jail needs calls of Linux.
  on_linux do
    depends_on "wireshark"
  end

  uses_from_macos "bzip2"
  uses_from_macos "zlib"

  def install
    args = ["-DFC_WERROR=OFF", "-DFC_DUCKDB=OFF"]
    args << "-DFC_WORKERS=none" if OS.mac?
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", *args, *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
    pkgshare.install "tests/pcaps/demo.pcap"
  end

  test do
    rows = shell_output("#{bin}/flowcontainer -q -T csv #{pkgshare}/demo.pcap")
    assert_equal 16, rows.lines.count
    (testpath/"version.c").write <<~C
      #include <flowcontainer.h>
      #include <stdio.h>
      int main(void) { return puts(FC_VERSION) < 0; }
    C
    system ENV.cc, "version.c", "-I#{include}", "-L#{lib}", "-lflowcontainer", "-o", "version"
    assert_match version.to_s, shell_output("./version") unless build.head?
  end
end
