# One line per task: `just` lists them, `just --show NAME` prints one.
# just itself: `cargo install just`, or see https://just.systems

# Extra arguments are handed on as they were given, spaces and all.
set positional-arguments

# Maelstrom's release. `just setup` unpacks it into ./maelstrom.
maelstrom_version := 'v0.2.4'
maelstrom_url := 'https://github.com/jepsen-io/maelstrom/releases/download/' + maelstrom_version + '/maelstrom.tar.bz2'
maelstrom_sha256 := '301ec71d6b12af0d765edb413f5cf5aa1046b5609bd4e31376a0b549548e5799'

# `MAELSTROM=/path/to/maelstrom just test-echo` uses another installation: the
# executable, or the folder that holds it. Nothing is downloaded then.
own := env('MAELSTROM', '')
maelstrom_path := if own == '' { 'maelstrom/maelstrom' } else if path_exists(own / 'maelstrom') == 'true' { own / 'maelstrom' } else { own }

# Cargo is told where to build, so that `--bin` is right whatever its own
# configuration says. Both are quoted for the shell only where they must be.
target_path := env('CARGO_TARGET_DIR', 'target')
target := if target_path =~ '^[\w.,/+@%-]+$' { target_path } else { quote(target_path) }
maelstrom := if maelstrom_path =~ '^[\w.,/+@%-]+$' { maelstrom_path } else { quote(maelstrom_path) }

# After a run on Maelstrom: its page, by the workbench. The status stays that of the run.
before := shell('readlink store/latest || true')
page := '; status=$?; ' + quote(just_executable()) + ' _page ' + quote(before) + ' || true; exit $status'

[private]
default:
    @{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# Run every Rust test (extra arguments go to cargo test)
[group('develop')]
test *args:
    cargo test --workspace "$@"

# Check the format, and run clippy with warnings as errors
[group('develop')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Format the code
[group('develop')]
fmt:
    cargo fmt --all

# Run the workbench, e.g. `just workbench test -w echo`
[group('develop')]
workbench *args:
    cargo workbench "$@"

# Say what is missing on this machine, and for which recipe: of all, or of those named
[group('develop')]
[no-exit-message]
doctor *recipes:
    #!/usr/bin/env bash
    # Status 0: nothing that a recipe cannot do without. What only makes a test pass untried is told.
    set -euo pipefail
    export LC_ALL=C
    have() { command -v "$1" >/dev/null 2>&1; }
    maelstrom={{ quote(maelstrom_path) }}
    asked=" $* "
    known=" $({{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --summary) "
    for recipe; do
        case $known in *" $recipe "*) ;; *) echo "just doctor: there is no recipe '$recipe': \`just\` lists them" >&2; exit 1 ;; esac
    done
    # concerns PATTERN...: whether a recipe of that name is asked about
    concerns() {
        local pattern recipe
        for pattern; do
            for recipe in ${asked:-$known}; do
                # shellcheck disable=SC2254 # a pattern
                case $recipe in $pattern) return 0 ;; esac
            done
        done
        return 1
    }
    [ -n "${asked// /}" ] || asked=

    status=0 debian='' fedora='' macos=''
    # need PATTERNS CHECK WHAT [DEBIAN FEDORA MACOS]: the recipes of these names cannot do without it
    need() {
        # shellcheck disable=SC2086 # patterns
        (set -f; concerns $1) || return 0
        if "$2"; then
            echo "ok       $3"
            return
        fi
        status=1
        echo "missing  $3, for: ${1/#\*/all recipes}"
        debian+="${4:+ $4}" fedora+="${5:+ $5}" macos+="${6:+ $6}"
    }
    # wish CHECK WHAT: without it some tests pass without having tried anything
    wish() {
        concerns test || return 0
        if "$1"; then echo "ok       $2"; else echo "without  $2: tests that need it say so and pass"; fi
    }
    oldest=$(sed -n 's/^rust-version = "1\.\(.*\)"/\1/p' Cargo.toml)
    has_rust() {
        local minor
        minor=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p') && have cargo && [ "${minor:-0}" -ge "$oldest" ]
    }
    has_linker() { have cc; }
    has_python() { python3 --version >/dev/null 2>&1; } # (macOS has one that only says that there is none)
    has_format() { cargo fmt --version >/dev/null 2>&1; }
    has_clippy() { cargo clippy --version >/dev/null 2>&1; }
    has_archiver() { have tar; }
    has_java() { [ "$({{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} _java)" -ge 11 ]; }
    has_gnuplot() { have gnuplot; }
    has_graphviz() { have dot; }
    has_loader() { have curl || have wget; }
    has_hasher() { have sha256sum || have shasum; }
    has_bunzip() { have bzip2; }
    has_go() { have go; }
    has_zig() { have zig; }
    has_javascript() { have node; }
    # (Some distributions have a program of that name that only says where to get it.)
    has_chromium() {
        local program
        for program in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
            '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium; do
            ! "$program" --version >/dev/null 2>&1 || return 0
        done
        return 1
    }

    need '*' has_rust "rust (rustc and cargo, 1.$oldest or newer: https://rustup.rs)"
    need '*' has_linker 'cc (which links programs)' gcc gcc llvm
    need 'lint fmt' has_format 'cargo fmt (rustup component add rustfmt)'
    need 'lint' has_clippy 'cargo clippy (rustup component add clippy)'
    need 'new new-workload setup' has_archiver 'tar' tar tar gnu-tar
    need 'page-picture' has_chromium 'chromium (or its path in CHROMIUM)' chromium chromium chromium
    if [ ! -x "$maelstrom" ] && ! have "$maelstrom"; then
        need 'setup serve test-*' has_loader 'curl or wget (fetches Maelstrom)' curl curl curl
        need 'setup serve test-*' has_hasher 'sha256sum or shasum (checks it)' coreutils coreutils coreutils
        need 'setup serve test-*' has_bunzip 'bzip2 (unpacks it)' bzip2 bzip2 bzip2
    fi
    need 'setup serve test-*' has_java 'java (a JDK, 11 or newer: Maelstrom runs on it)' default-jdk-headless java-latest-openjdk-devel temurin
    need 'test-*' has_gnuplot 'gnuplot (without it no verdict of Maelstrom is better than "unknown")' gnuplot-nox gnuplot gnuplot
    need 'test-*' has_graphviz 'dot (Graphviz, with which Maelstrom draws anomalies)' graphviz graphviz graphviz
    wish has_python 'python3 (nodes in Python)'
    wish has_javascript 'node (nodes in JavaScript)'
    wish has_go 'go (nodes in Go, and as WebAssembly)'
    wish has_zig 'zig (nodes in C and Zig as WebAssembly)'
    wish has_chromium 'chromium (pages as a browser shows them)'
    if [ -n "$debian" ]; then
        echo "Debian, Ubuntu: sudo apt-get install$debian"
        echo "Fedora:         sudo dnf install$fedora"
        echo "macOS:          brew install$macos"
    fi
    exit "$status"

# The major version of the JDK that is here: 0 if there is none. (macOS has a `java` that only says
# that there is none, so it must be run; Java 8 is "1.8"; one that cannot be read is taken to be new.)
[private]
_java:
    #!/usr/bin/env bash
    version=$(java -version 2>&1) || { echo 0; exit; }
    version=$(sed -n -e 's/.* version "1\.\([0-9]*\).*/\1/p' -e 's/.* version "\([0-9]*\).*/\1/p' <<<"$version" | sed -n 1p)
    echo "${version:-11}"

# Draw the pictures of the challenges' chapters anew, from the runs that the chapters give
[group('develop')]
pictures:
    #!/usr/bin/env bash
    set -euo pipefail
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    # run CRATE STATUS PATTERN [BUT]: runs the first command with this in the crate's chapter, of
    # those without BUT: in which nothing is killed, unless one says otherwise
    run() {
        local command status=0
        # (`sed` reads on to the end: who stops early kills the one that writes to it.)
        command=$(grep -v -e "${4:---nemesis kill}" "$1/README.md" | grep -E -e "^cargo workbench test .*$3" | sed -n 1p)
        echo "$1: ${command%% #*}"
        command=${command/#cargo workbench test/cargo workbench test --store $scratch/store}
        eval "${command%% #*}" >"$scratch/said" || status=$?
        [ "$status" = "$2" ] || { cat "$scratch/said" >&2; exit 1; }
        mkdir -p "$1/images"
    }
    draw() { cargo workbench draw --from "$2" --messages "$3" "$scratch/store/latest" >"$1"; }
    # What to draw: CRATE, then of a good and of a broken run from when on, in seconds,
    # and how many messages; or a proof that the run has drawn by itself.
    while read -r crate from messages broken_from broken_messages; do
        run "$crate" 0 '--seed'
        draw "$crate/images/run.svg" "$from" "$messages"
        run "$crate" 1 '--example'
        case $broken_from in
            *.svg) cp "$scratch/store/latest/anomalies/$broken_from" "$crate/images/broken.svg" ;;
            *) draw "$crate/images/broken.svg" "$broken_from" "$broken_messages" ;;
        esac
    done <<'END'
    echo             0       18  0       17
    unique-ids       0.0915   6  0.0915   6
    broadcast        2.9     16  0       29
    g-set            1.85     8  0.3     24
    g-counter        0.95    38  0.04    26
    pn-counter       3.1     16  0       32
    kafka            0.065   16  0.057   18
    txn-rw-register  0       31  0       12
    txn-list-append  0       40  G-single-item-0.svg
    lin-kv           0.68    39  key-0.svg
    END
    run lin-kv 1 '--example' '--example local-reads'
    draw lin-kv/images/early.svg 6.85 13

# Take the README's picture of a page anew, with Chromium
[group('develop')]
page-picture:
    #!/usr/bin/env bash
    set -euo pipefail
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    command=$(grep -m 1 -e '--example fire-and-forget' README.md)
    eval "${command%% #*}" >/dev/null || [ $? = 1 ]
    "${CHROMIUM:-chromium}" --headless=new --no-sandbox --hide-scrollbars --user-data-dir="$scratch/profile" \
        --window-size=1200,1400 --virtual-time-budget=5000 --screenshot=workbench/images/page.png \
        "file://$PWD/store/latest/index.html"

# Start a challenge: the crate NAME, its line in `members`, its recipe test-NAME below
[group('develop')]
new name:
    #!/usr/bin/env bash
    # The template is `echo` itself: it is compiled, linted and tested with
    # everything else, so it cannot go stale as a template kept apart would.
    # Copied are its manifest, its sources, tests/seeds.rs and tests/it/echo.rs;
    # renamed are the crate and its type (`Echo`), but not the message and the
    # workload of that name.
    set -euo pipefail
    export LC_ALL=C
    name=$1
    just() { {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} -- "$@"; }
    type=$(just _type new "$name" echo/src/lib.rs)

    crate=$(mktemp -d)
    trap 'rm -rf "$crate"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    mkdir -p "$crate/src" "$crate/tests/it"
    snake=${name//-/_}
    rename() {
        sed -E \
            -e '/workloads::/b' \
            -e "s/(^|[^[:alnum:]_])echo::/\1$snake::/g" \
            -e "s/$snake::Echo([^[:alnum:]_]|\$)/$snake::$type\1/g" \
            -e "/^ *Echo/!s/(^|[^[:alnum:]_:])Echo([^[:alnum:]_]|\$)/\1$type\2/g" "$1"
    }
    without_title() { awk 'body || !/^\/\/!/ { body = 1; print }'; }
    sed -E \
        -e "s/^name = \"echo\"/name = \"$name\"/" \
        -e "s/^description = .*/description = \"The $name challenge\"/" echo/Cargo.toml >"$crate/Cargo.toml"
    for source in echo/src/*.rs; do rename "$source" >"$crate/src/${source##*/}"; done
    {
        echo "//! The $name challenge. It starts as a copy of \`echo\`: say here what the node"
        echo "//! must do and how it does it, then make it do so."
        rename echo/src/lib.rs | without_title
    } >"$crate/src/lib.rs"
    {
        echo "//! What Maelstrom says to the node, and what it says back."
        rename echo/tests/it/echo.rs | without_title
    } >"$crate/tests/it/$snake.rs"
    rename echo/tests/seeds.rs >"$crate/tests/seeds.rs"
    {
        grep '^//!' echo/tests/it/main.rs
        printf '\nmod %s;\n' "$snake"
    } >"$crate/tests/it/main.rs"

    # Its command: as documented, where Maelstrom has a workload of that name.
    on=" --package $name"
    case $name in
        broadcast) flags='-w broadcast --node-count 5 --time-limit 20 --rate 10 --nemesis partition' ;;
        g-set) flags='-w g-set --rate 10 --time-limit 30 --nemesis partition' ;;
        pn-counter) flags='-w pn-counter --rate 10 --time-limit 30 --nemesis partition' ;;
        g-counter) flags='-w g-counter --node-count 3 --rate 100 --time-limit 20 --nemesis partition' ;;
        kafka) flags='-w kafka --node-count 2 --concurrency 2n --time-limit 20 --rate 1000' ;;
        txn-rw-register) flags='-w txn-rw-register --node-count 2 --time-limit 20 --rate 1000 --concurrency 2n --consistency-models read-committed --availability total --nemesis partition' ;;
        txn-list-append) flags='-w txn-list-append --node-count 2 --rate 100 --time-limit 10' ;;
        lin-kv) flags='-w lin-kv --node-count 3 --concurrency 4n --rate 30 --time-limit 60 --nemesis partition --nemesis-interval 10' ;;
        *) flags='' ;;
    esac
    if [[ $flags ]]; then on=; else flags='-w echo --node-count 1 --time-limit 10'; fi
    workload=${flags#-w } && workload=${workload%% *}

    cat >"$crate/README.md" <<END
    # $name

    ## The problem

    ## The idea

    ## What goes wrong without it

    ## What it reaches

    ## Running it

    \`\`\`sh
    cargo test --package $name
    cargo workbench test -w $workload$on
    just test-$name
    \`\`\`
    END
    cat >"$crate/recipe" <<END

    # $name: what it must show, in a line (then the flags that show it)
    [group('maelstrom')]
    test-$name *args: setup
        cargo build --release --package $name --target-dir {{{{ target }}
        {{{{ maelstrom }} test $flags --bin {{{{ target }}/release/$name "\$@"{{{{ page }}
    END
    just _add new "$name" "$crate"

    echo "$name/ is a copy of echo under its own name, is in the workspace, and has its recipe at the"
    echo "justfile's end. It works as it is:"
    echo "    cargo test --package $name"
    echo "    just test-$name"
    echo "Now make it do what its challenge asks."

# Start a workload of your own: the crate NAME, with the whole command, and its line in `members`
[group('develop')]
new-workload name:
    #!/usr/bin/env bash
    # The template is `workbench/bank`, all of it; renamed are the crate, its type
    # (`Bank`) and its workload, but not the words that speak of the bank.
    set -euo pipefail
    export LC_ALL=C
    name=$1
    just() { {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} -- "$@"; }
    type=$(just _type new-workload "$name" workbench/bank/src/lib.rs)

    crate=$(mktemp -d)
    trap 'rm -rf "$crate"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    (cd workbench/bank && tar -cf - .) | tar -xf - -C "$crate"
    find "$crate" -type f | while IFS= read -r file; do
        sed -E \
            -e "s/(^|[^[:alnum:]_])bank::/\1${name//-/_}::/g" \
            -e "s/(^|[^[:alnum:]_])Bank([^[:alnum:]_]|\$)/\1$type\2/g" \
            -e "s/\"bank\"/\"$name\"/g" \
            -e "s/^# bank$/# $name/" \
            -e "s/--package bank/--package $name/; s/-w bank/-w $name/; s/store\/bank/store\/$name/; s/^bank: /$name: /" \
            "$file" >"$file.new"
        mv "$file.new" "$file"
    done
    sed -i.bak -e "s/^description = .*/description = \"The workload $name, with the whole command\"/" "$crate/Cargo.toml"
    rm "$crate/Cargo.toml.bak"
    {
        echo "//! The workload $name. It starts as a copy of \`bank\`: say here what clients do, how they"
        echo "//! ask, and how the history is judged."
        echo "//!"
        cat "$crate/src/lib.rs"
    } >"$crate/lib.rs"
    mv "$crate/lib.rs" "$crate/src/lib.rs"
    just _add new-workload "$name" "$crate"

    echo "$name/ is a copy of workbench/bank under its own name, and is in the workspace. It works as it is:"
    echo "    cargo test --package $name"
    echo "    cargo run --profile quick --package $name -- test -w $name --example sound"
    echo "Now make it ask what your workload asks, in $name/src/lib.rs."

# The type of a new crate, after its name; says why, if it cannot be called so
[no-exit-message]
_type recipe name template:
    #!/usr/bin/env bash
    set -euo pipefail
    export LC_ALL=C
    recipe=$1 name=$2 template=$3
    refuse() { echo "just $recipe: $*" >&2; exit 1; }

    [[ $name =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]] ||
        refuse "'$name' is no name for a crate here: lower-case words joined by hyphens, such as unique-ids"
    case $name in
        maelstrom | store | target) refuse "'$name' is a folder that the tools write and git ignores" ;;
    esac
    [[ ! -e $name ]] || refuse "there is a '$name' here already"
    ! grep -q "^test-${name}[ :]" justfile || refuse "the justfile has a recipe test-$name already"
    ! grep -qx "name = \"$name\"" Cargo.lock || refuse "a dependency is called '$name' already"
    type=$(awk -v name="$name" 'BEGIN {
        n = split(name, words, "-")
        for (i = 1; i <= n; i++) printf "%s%s", toupper(substr(words[i], 1, 1)), substr(words[i], 2)
    }')
    ! grep -qw "$type" "$template" || refuse "its type would be '$type', which the template uses for something else"

    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    # Cargo knows what else a crate cannot be called: keywords, `test`, `core`, ...
    cargo new --lib --vcs none "$scratch/$name" >"$scratch/said" 2>&1 || true
    if objection=$(grep -m 1 -E "^(error|warning): .*\`$name\`" "$scratch/said"); then refuse "${objection#*: }"; fi
    echo "$type"

# Puts a new crate in its place, with its line in `members` and its recipe, if it has one
[no-exit-message]
_add recipe name crate:
    #!/usr/bin/env bash
    set -euo pipefail
    export LC_ALL=C
    recipe=$1 name=$2 crate=$3
    refuse() { echo "just $recipe: $*" >&2; exit 1; }

    scratch=$(mktemp -d)
    undo() { rm -rf "$scratch"; }
    trap 'undo' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    awk -v line="    \"$name\"," '/^members = \[$/ { open = 1 } open && /^\]/ { print line; open = 0 } { print }' \
        Cargo.toml >"$scratch/Cargo.toml"
    ! cmp -s Cargo.toml "$scratch/Cargo.toml" ||
        refuse "Cargo.toml has no list 'members = [' with one crate per line to add to"

    # All of it, or nothing.
    mkdir "$scratch/before"
    cp Cargo.toml Cargo.lock justfile "$scratch/before"
    undo() {
        cp "$scratch/before/"* .
        rm -rf "$scratch" "$name"
    }
    mkdir "$name"
    (cd "$crate" && tar -cf - --exclude ./recipe .) | tar -xf - -C "$name"
    cat "$scratch/Cargo.toml" >Cargo.toml
    [[ ! -e $crate/recipe ]] || cat "$crate/recipe" >>justfile
    # Enters the crate into Cargo.lock; the network is asked only if it must be.
    cargo metadata --offline --format-version 1 >"$scratch/said" 2>&1 ||
        cargo metadata --format-version 1 >"$scratch/said" ||
        refuse 'cargo does not accept the crate (see above): nothing was changed'
    # A name of another length, or place in the alphabet, breaks and sorts lines otherwise.
    if cargo fmt --version >/dev/null 2>&1; then
        cargo fmt --package "$name" 2>"$scratch/said" || refuse "Rust does not take '$name' for a name: nothing was changed"
    fi
    undo() { rm -rf "$scratch"; }

# Fetch Maelstrom into ./maelstrom unless it is there, and say which tools it lacks
[group('maelstrom')]
setup:
    #!/usr/bin/env bash
    set -euo pipefail
    fail() { echo "just setup: $*" >&2; exit 1; }
    have() { command -v "$1" >/dev/null 2>&1; }
    own={{ quote(own) }}
    maelstrom={{ quote(maelstrom_path) }}
    url={{ quote(maelstrom_url) }}
    sha256={{ quote(maelstrom_sha256) }}

    fetch() {
        # Unpacked beside its place, then moved there: ./maelstrom is whole or is not.
        scratch=$(mktemp -d ./maelstrom.XXXXXX)
        trap 'rm -rf "$scratch"' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM HUP
        echo "fetching $url"
        if have curl; then
            curl --fail --location --show-error --progress-bar --output "$scratch/tarball" "$url" || fail 'the download failed'
        elif have wget; then
            wget -O "$scratch/tarball" "$url" || fail 'the download failed'
        else
            fail 'curl or wget is needed to download Maelstrom'
        fi
        if have sha256sum; then
            found=$(sha256sum "$scratch/tarball")
        elif have shasum; then
            found=$(shasum -a 256 "$scratch/tarball")
        else
            fail 'sha256sum or shasum is needed to check the download'
        fi
        found=${found%% *}
        [ "$found" = "$sha256" ] || fail "the download is not the release: its SHA-256 is $found, expected $sha256"
        tar -xf "$scratch/tarball" -C "$scratch" || fail 'the download does not unpack (tar needs bzip2 for it: is it installed?)'
        [ -x "$scratch/maelstrom/maelstrom" ] || fail 'the download holds no maelstrom/maelstrom'
        mv "$scratch/maelstrom" maelstrom
    }

    if [ -n "$own" ]; then
        if [ -d "$maelstrom" ] || ! have "$maelstrom"; then
            fail "MAELSTROM=$own is neither Maelstrom's executable nor the folder that holds it"
        fi
    elif [ ! -e maelstrom ]; then
        fetch
    elif [ ! -x "$maelstrom" ]; then
        fail './maelstrom is here but holds no executable maelstrom: remove it, then try again'
    fi
    echo "Maelstrom: $maelstrom" >&2

    debian='' fedora='' macos=''
    lacks() {
        echo "missing: $1" >&2
        debian+=" $2" fedora+=" $3" macos+=" $4"
    }
    version=$({{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} _java)
    if [ "$version" -lt 11 ]; then
        lacks 'java (a JDK, 11 or newer): Maelstrom runs on it' default-jdk-headless java-latest-openjdk-devel temurin
    fi
    have gnuplot || lacks 'gnuplot: draws latencies and rates; without it a verdict is never better than "unknown"' gnuplot-nox gnuplot gnuplot
    have dot || lacks 'dot (Graphviz): draws the anomalies in transactions' graphviz graphviz graphviz
    if [ -n "$debian" ]; then
        echo "  Debian, Ubuntu: sudo apt-get install$debian" >&2
        echo "  Fedora:         sudo dnf install$fedora" >&2
        echo "  macOS:          brew install$macos" >&2
    fi
    # With an installation of one's own it may be otherwise: leave it to that.
    [ -n "$own" ] || [ "$version" -ge 11 ] || exit 1

# Browse the results in store/ at http://localhost:8080
[group('maelstrom')]
serve *args: setup
    {{ maelstrom }} serve "$@"

# Makes the page of the run that `store/latest` leads to, if that is another one than before
_page before:
    #!/usr/bin/env bash
    set -euo pipefail
    latest=$(readlink store/latest) && [ "$latest" != "$1" ] && [ -e store/latest/history.edn ] || exit 0
    workload=${latest%/*} && workload=${workload##*/}
    cargo workbench check -w "$workload" --page=store/latest/page.html store/latest/history.edn >/dev/null 2>&1 || true
    [ ! -e store/latest/page.html ] || echo "look at: $PWD/store/latest/page.html"

# The challenges, as a JSON list: what CI runs on Maelstrom
_challenges:
    #!/usr/bin/env bash
    set -euo pipefail
    recipes=$({{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --summary)
    list=
    for recipe in $recipes; do
        case $recipe in test-*) list+=",\"${recipe#test-}\"" ;; esac
    done
    echo "[${list#,}]"

# The challenges on Maelstrom itself: one recipe each, named test-NAME, with the
# documented command. `just new` adds its recipe at the end; CI runs all of them.

# Challenge 1: a node answers with what it was sent
[group('maelstrom')]
test-echo *args: setup
    cargo build --release --package echo --target-dir {{ target }}
    {{ maelstrom }} test -w echo --node-count 1 --time-limit 10 --bin {{ target }}/release/echo "$@"{{ page }}

# Challenge 2: ids that no node ever gives twice, whatever the network does
[group('maelstrom')]
test-unique-ids *args: setup
    cargo build --release --package unique-ids --target-dir {{ target }}
    {{ maelstrom }} test -w unique-ids --time-limit 30 --rate 1000 --node-count 3 --availability total --nemesis partition --bin {{ target }}/release/unique-ids "$@"{{ page }}

# Challenge 3a: broadcast on one node
[group('maelstrom')]
test-broadcast-3a *args: setup
    cargo build --release --package broadcast --target-dir {{ target }}
    {{ maelstrom }} test -w broadcast --node-count 1 --time-limit 20 --rate 10 --bin {{ target }}/release/broadcast "$@"{{ page }}

# Challenge 3b: broadcast on five nodes
[group('maelstrom')]
test-broadcast-3b *args: setup
    cargo build --release --package broadcast --target-dir {{ target }}
    {{ maelstrom }} test -w broadcast --node-count 5 --time-limit 20 --rate 10 --bin {{ target }}/release/broadcast "$@"{{ page }}

# Challenge 3c: the same, and partitions lose nothing
[group('maelstrom')]
test-broadcast-3c *args: setup
    cargo build --release --package broadcast --target-dir {{ target }}
    {{ maelstrom }} test -w broadcast --node-count 5 --time-limit 20 --rate 10 --nemesis partition --bin {{ target }}/release/broadcast "$@"{{ page }}

# Challenge 3d: 25 nodes, few messages and little latency
[group('maelstrom')]
test-broadcast-3d *args: setup
    cargo build --release --package broadcast --target-dir {{ target }}
    {{ maelstrom }} test -w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100 --bin {{ target }}/release/broadcast "$@"{{ page }}
    cargo workbench assert store/latest/results.edn 'net.servers.msgs-per-op < 30' 'workload.stable-latencies.0.5 < 400' 'workload.stable-latencies.1 < 600'

# Challenge 3d with the lowest latency: one hop
[group('maelstrom')]
test-broadcast-3d-fast *args: setup
    cargo build --release --package broadcast --target-dir {{ target }}
    {{ maelstrom }} test -w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100 --bin {{ target }}/release/broadcast "$@" -- --fast{{ page }}
    cargo workbench assert store/latest/results.edn 'net.servers.msgs-per-op < 30' 'workload.stable-latencies.1 < 120'

# Challenge 3d under partitions: nothing is lost
[group('maelstrom')]
test-broadcast-3d-partition *args: setup
    cargo build --release --package broadcast --target-dir {{ target }}
    {{ maelstrom }} test -w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100 --nemesis partition --bin {{ target }}/release/broadcast "$@"{{ page }}

# Challenge 3e: fewer messages still
[group('maelstrom')]
test-broadcast-3e *args: setup
    cargo build --release --package broadcast --target-dir {{ target }}
    {{ maelstrom }} test -w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100 --bin {{ target }}/release/broadcast "$@" -- --within 1900{{ page }}
    cargo workbench assert store/latest/results.edn 'net.servers.msgs-per-op < 20' 'workload.stable-latencies.0.5 < 1000' 'workload.stable-latencies.1 < 2000'

# Challenge 4: a counter in seq-kv that is right after every partition
[group('maelstrom')]
test-g-counter *args: setup
    cargo build --release --package g-counter --target-dir {{ target }}
    {{ maelstrom }} test -w g-counter --node-count 3 --rate 100 --time-limit 20 --nemesis partition --bin {{ target }}/release/g-counter "$@"{{ page }}

# A set that only grows, on every node
[group('maelstrom')]
test-g-set *args: setup
    cargo build --release --package g-set --target-dir {{ target }}
    {{ maelstrom }} test -w g-set --rate 10 --time-limit 30 --nemesis partition --bin {{ target }}/release/g-set "$@"{{ page }}

# A counter that goes up and down, on every node
[group('maelstrom')]
test-pn-counter *args: setup
    cargo build --release --package pn-counter --target-dir {{ target }}
    {{ maelstrom }} test -w pn-counter --rate 10 --time-limit 30 --nemesis partition --bin {{ target }}/release/pn-counter "$@"{{ page }}

# Challenge 5a: logs on one node
[group('maelstrom')]
test-kafka-5a *args: setup
    cargo build --release --package kafka --target-dir {{ target }}
    {{ maelstrom }} test -w kafka --node-count 1 --concurrency 2n --time-limit 20 --rate 1000 --bin {{ target }}/release/kafka "$@"{{ page }}

# Challenge 5b: logs on two nodes
[group('maelstrom')]
test-kafka-5b *args: setup
    cargo build --release --package kafka --target-dir {{ target }}
    {{ maelstrom }} test -w kafka --node-count 2 --concurrency 2n --time-limit 20 --rate 1000 --bin {{ target }}/release/kafka "$@"{{ page }}

# Challenge 5c: the same with few messages
[group('maelstrom')]
test-kafka-5c *args: setup
    cargo build --release --package kafka --target-dir {{ target }}
    {{ maelstrom }} test -w kafka --node-count 2 --concurrency 2n --time-limit 20 --rate 1000 --bin {{ target }}/release/kafka "$@"{{ page }}
    cargo workbench assert store/latest/results.edn 'net.servers.msgs-per-op < 0.1' 'availability.ok-fraction > 0.999'

# Challenge 5c, and nothing acknowledged is on one node only
[group('maelstrom')]
test-kafka-5c-acks-all *args: setup
    cargo build --release --package kafka --target-dir {{ target }}
    {{ maelstrom }} test -w kafka --node-count 2 --concurrency 2n --time-limit 20 --rate 1000 --bin {{ target }}/release/kafka "$@" -- --acks all{{ page }}
    cargo workbench assert store/latest/results.edn 'net.servers.msgs-per-op < 1.2'

# Challenge 6a: transactions on one node
[group('maelstrom')]
test-txn-rw-register-6a *args: setup
    cargo build --release --package txn-rw-register --target-dir {{ target }}
    {{ maelstrom }} test -w txn-rw-register --node-count 1 --time-limit 20 --rate 1000 --concurrency 2n --consistency-models read-uncommitted --availability total --bin {{ target }}/release/txn-rw-register "$@"{{ page }}

# Challenge 6b: on two nodes, available under partitions
[group('maelstrom')]
test-txn-rw-register-6b *args: setup
    cargo build --release --package txn-rw-register --target-dir {{ target }}
    {{ maelstrom }} test -w txn-rw-register --node-count 2 --time-limit 20 --rate 1000 --concurrency 2n --consistency-models read-uncommitted --availability total --nemesis partition --bin {{ target }}/release/txn-rw-register "$@"{{ page }}

# Challenge 6c: and no one reads what is not committed
[group('maelstrom')]
test-txn-rw-register-6c *args: setup
    cargo build --release --package txn-rw-register --target-dir {{ target }}
    {{ maelstrom }} test -w txn-rw-register --node-count 2 --time-limit 20 --rate 1000 --concurrency 2n --consistency-models read-committed --availability total --nemesis partition --bin {{ target }}/release/txn-rw-register "$@"{{ page }}

# Strictly serializable transactions over lists, with lin-kv
[group('maelstrom')]
test-txn-list-append *args: setup
    cargo build --release --package txn-list-append --target-dir {{ target }}
    {{ maelstrom }} test -w txn-list-append --node-count 2 --rate 100 --time-limit 10 --bin {{ target }}/release/txn-list-append "$@"{{ page }}

# A linearizable store, replicated with Raft
[group('maelstrom')]
test-lin-kv *args: setup
    cargo build --release --package lin-kv --target-dir {{ target }}
    {{ maelstrom }} test -w lin-kv --node-count 3 --concurrency 4n --rate 30 --time-limit 60 --nemesis partition --nemesis-interval 10 --bin {{ target }}/release/lin-kv "$@"{{ page }}
