//! Sources and places with the names that they have.

use std::fs;
use std::path::Path;

use lockgraph::finding::{Class, Finding, Kind, Lock, Place, Verdict};
use lockgraph::id::LockKind;

use super::{Names, moved};
use crate::places;
use crate::staged;
use crate::workspace::{Files, Workspace};

/// A file whose calls of interest are marked by `@` in front of them.
struct Source {
    text: String,
    marks: Vec<Place>,
}

fn source(marked: &str) -> Source {
    let mut marks = Vec::new();
    let (mut line, mut column) = (1, 1);
    for character in marked.chars() {
        match character {
            '@' => {
                marks.push(Place { file: "src/a.rs".into(), line, column });
                continue;
            }
            '\n' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
    }
    Source { text: marked.replace('@', ""), marks }
}

/// A project with these files.
fn project(sources: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    for (name, text) in sources {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (members, target_directory) = (vec![root.clone()], root.join("target"));
    let files = Files::of(&Workspace { root, members, target_directory });
    for (name, _) in sources {
        let mut place = Place { file: (*name).to_string(), line: 1, column: 1 };
        files.rename_place(&mut place);
    }
    (directory, files)
}

fn lock(class: Class) -> Lock {
    Lock { id: 1, kind: LockKind::Mutex, class, made_for: None }
}

/// What each mark is called, by `name`; without the file in front.
fn named(marked: &str, name: impl Fn(&Names<'_>, &Place) -> String) -> Vec<String> {
    let source = source(marked);
    let (_directory, files) = project(&[("src/a.rs", &source.text)]);
    let names = Names::of(&files);
    let marks = source.marks.iter().map(|place| name(&names, place));
    marks.map(|name| name.strip_prefix("src/a.rs: ").map_or(name.clone(), str::to_string)).collect()
}

fn items(marked: &str, want: &[&str]) {
    assert_eq!(named(marked, |names, place| names.item(place)), want, "{marked}");
}

fn classes(marked: &str, want: &[&str]) {
    let class = |names: &Names<'_>, place: &Place| {
        let class = names.class(&lock(Class::Made(place.clone())));
        assert!(names.has(&class), "{class} of {marked}");
        class
    };
    assert_eq!(named(marked, class), want, "{marked}");
}

#[test]
fn a_place_goes_by_the_item_around_it() {
    items("fn transfer() {\n    @a();\n}\nfn audit() { @b() }", &["transfer", "audit"]);
    items("mod a { mod b { pub async fn c() { @d() } } @m!(); }", &["a::b::c", "a"]);
    items("fn a() { fn b() { @c(); } @d(|| { @e() }); }", &["a::b", "a", "a"]);
    items(
        "impl<T: Fn() -> u8> other::Bank<T> { const X: u8 = @x(); fn y(&self) { @z() } }",
        &["Bank::X", "Bank::y"],
    );
    items(
        "trait T { fn a(&self) { @b() } }\nimpl T for &mut [u8] { fn a(&self) { @c() } }",
        &["T::a", "[u8]::a"],
    );
    items("impl dyn Send  + Sync { fn a() { @b() } }", &["dyn Send+Sync::a"]);
    items("fn a() { impl X { fn b() { @c() } } static D: u8 = @d(); }", &["a::X::b", "a::D"]);
    items("#[@derive(Default)] struct A { b: u8 }\nenum B { C = @c() }", &["A", "B"]);
    items("const _: () = { fn a() { @b() } };\nconst C: u8 = @c();", &["a", "C"]);
    items("mod r#mod { fn r#match() { @a() } }", &["mod::match"]);
    items("macro_rules! a { () => { @b() } }", &["a!"]);
    items("#!/usr/bin/env run\nfn a() { @b() }", &["a"]);
    items("\u{feff}fn a() { @b() }", &["a"]);
    items("fn a() { let ä = \"äöü\"; ß(); @b() } fn ü() { @c() }", &["a", "ü"]);
    items("fn a() {\r\n    @b();\r\n}\r\n", &["a"]);
}

#[test]
fn what_a_macro_is_given_is_in_the_item_around_it_or_named_in_it() {
    items("fn a() { vec![@b(), if c { @d() }] }", &["a", "a"]);
    items("thread_local! { static A: u8 = @a(); pub static B: u8 = const { @b() } }", &["A", "B"]);
    items(
        "lazy_static! { static ref A: M = @a(); }\nfn f() { lazy_static! { static ref B: M = @b(); } }",
        &["A", "f::B"],
    );
    items("cfg_if! { if #[cfg(unix)] { fn a() { @b() } } else { fn a() { @c() } } }", &["a", "a"]);
    items("mod m { proptest! { #[test] fn a(x in 0..3) { fn b() {} @c(); } } }", &["m::a"]);
}

#[test]
fn functions_of_one_name_are_told_apart() {
    items(
        "impl A { fn f() { @x() } } impl B for A { fn f() { @x() } fn g() { @x() } }",
        &["A::f", "<A as B>::f", "A::g"],
    );
    items(
        "impl From<u8> for A { fn from() { @x() } } impl From< u16 > for A { fn from() { @x() } }",
        &["<A as From<u8>>::from", "<A as From<u16>>::from"],
    );
    items(
        "impl A<u8> { fn f() { fn g() { @x() } } } impl A<u16> { fn f() { @x() } }",
        &["A<u8>::f::g", "A<u16>::f"],
    );
    items(
        "mod a { impl A { fn f() { @x() } } } impl B for A { fn f() { @x() } }",
        &["a::A::f", "A::f"],
    );
    let twins = "#[cfg(unix)] fn f() { @x() } #[cfg(not(unix))] fn f() { @x() }\n\
                 #[cfg(unix)] impl A { fn f() { @x() } } #[cfg(windows)] impl A { fn f() { @x() } }";
    items(twins, &["f", "f", "A::f", "A::f"]);
}

#[test]
fn a_lock_goes_by_its_field() {
    classes(
        "impl Bank { fn new() -> Bank { Bank { accounts: Arc::new(@Mutex::new(0)), audit: Some(@RwLock::<u8>::default()),\
         inner: Inner { log: @Mutex::from(1), pair: (@Mutex::new(1), @Mutex::new(2)) }, } } }",
        &[
            "Bank::new.accounts",
            "Bank::new.audit",
            "Bank::new.inner.log",
            "Bank::new.inner.pair",
            "Bank::new.inner.pair#2",
        ],
    );
    classes(
        "fn f() { Bank { a, b: @<Mutex<_> as Default>::default(), ..@Bank::new() } }",
        &["f.b", "f by Bank::new"],
    );
    classes(
        "fn f() { B { map: HashMap::<K, V>::new(), r#type: ::std::x(@::std::sync::Mutex::new(0)) } }",
        &["f.type"],
    );
    classes("fn f() { B { all: vec![@Mutex::new(0), @Mutex::new(1)] } }", &["f.all", "f.all#2"]);
    classes(
        "fn f() { B { own: @Meter::new(), both: @Meter::new(@Mutex::new(0)) } }",
        &["f.own", "f.both by Meter::new", "f.both"],
    );
    classes("fn f() { B { own: @meter!(), built: x.@build() } }", &["f.own", "f.built"]);
    classes(
        "fn f(x: bool) { if x { B { a: @Mutex::new(0) } } else { B { a: @Mutex::new(1) } } }",
        &["f.a", "f.a#2"],
    );
    let derived = "#[derive(Default)]\nstruct Bank {\n    pub x: u8,\n    @pub accounts: Mutex<u8>,\n}\n\
                   #[derive(Default)]\nstruct Pair(Mutex<u8>, @Mutex<u8>);";
    classes(derived, &["Bank.accounts", "Pair.1"]);
}

#[test]
fn a_lock_without_a_field_is_counted() {
    classes("static AUDIT: Mutex<u8> = @Mutex::new(0);", &["AUDIT"]);
    classes(
        "static ALL: LazyLock<Mutex<u8>> = @LazyLock::new(|| @Mutex::new(0));",
        &["ALL by LazyLock::new", "ALL"],
    );
    classes("static ONE: Once = @Once::new();", &["ONE"]);
    classes(
        "fn f() { let a = @Mutex::new(0); let s = String::new(); let (b, c) = (@RwLock::new(0), @Condvar::new()); }",
        &["f", "f#2", "f#3"],
    );
    classes(
        "fn f() { @channel(); @mpsc::sync_channel::<u8>(1); fn g() { @Mutex::new(0) } }",
        &["f", "f#2", "f::g"],
    );
    classes(
        "fn f() { @Pool::new(); @TracedMutex::new(0); x.y.@build(); @Pool::new(); }",
        &["f by Pool::new", "f", "f by build", "f by Pool::new#2"],
    );
    classes(
        "fn f() { assert!(a < b, { @Mutex::new(0) }); Mutex::lock(&a); @Mutex::new(1); }",
        &["f", "f#2"],
    );
    classes("fn f() { let a = \"ß\"; @Mutex::new(0); /* ü */ @Mutex::new(0); }", &["f", "f#2"]);
}

#[test]
fn where_the_column_is_not_known_the_line_says_it() {
    let text = "impl A {\n    fn new() -> A {\n        A { a: Arc::new(Mutex::new(0)) }\n    }\n}\n\
                fn f() { g() }\n";
    let (_directory, files) = project(&[("src/a.rs", text)]);
    let names = Names::of(&files);
    for (line, class) in [(3, "A::new.a"), (6, "f by g"), (2, "A::new")] {
        let place = Place { file: "src/a.rs".into(), line, column: 0 };
        assert_eq!(names.class(&lock(Class::Made(place))), format!("src/a.rs: {class}"));
    }
}

#[test]
fn what_was_first_taken_goes_by_what_is_taken() {
    let text = "static AUDIT: M = M::new();\nimpl Bank { fn f(&self) { crate::AUDIT.@lock(); self.a.b.@lock(); \
                x.@lock(); y.@lock(); LOG.@lock(); } }";
    let class =
        |names: &Names<'_>, place: &Place| names.class(&lock(Class::FirstTaken(place.clone())));
    assert_eq!(
        named(text, class),
        [
            "AUDIT",
            "Bank.a.b first taken",
            "Bank::f by lock#3 first taken",
            "Bank::f by lock#4 first taken",
            "Bank::f by lock#5 first taken",
        ]
    );
}

/// The marks of `after` have the names of those of `before`.
fn same(before: &str, after: &str) {
    let class = |names: &Names<'_>, place: &Place| names.class(&lock(Class::Made(place.clone())));
    assert_eq!(named(before, class), named(after, class), "{after}");
}

#[test]
fn shifted_lines_and_renamed_variables_change_nothing() {
    let before = "impl Bank {\n    fn open() -> Bank {\n        let a = @Mutex::new(0);\n        let b = @Mutex::new(1);\n\
                  Bank { a, b, c: @Mutex::new(2) }\n    }\n}";
    same(before, &format!("use x;\n\nfn other() {{ Mutex::new(0); }}\n{before}"));
    same(before, &before.replace("let a", "let accounts").replace("{ a,", "{ a: accounts,"));
    same(before, &before.replace("let b", "let n = String::new();\n let v = Vec::from(x); let b"));
    same(before, &before.replace("@Mutex::new(0)", "Arc::new(@Mutex::new(Vec::new()))"));
    same(before, &before.replace("c: @Mutex::new(2)", "d: Mutex::new(9), c: Some(@Mutex::new(2))"));
}

#[test]
fn what_is_not_in_the_sources_has_its_file_alone() {
    let (_directory, files) = project(&[
        ("src/broken.rs", "fn f() {\n"),
        ("src/a.rs", "use x;\nfn f() {}\n"),
        ("src/notes.txt", "fn f() {}"),
    ]);
    let names = Names::of(&files);
    for (file, line, want) in [
        ("src/broken.rs", 1, "src/broken.rs"),
        ("src/gone.rs", 1, "src/gone.rs"),
        ("src/a.rs", 1, "src/a.rs"),
        ("src/a.rs", 2, "src/a.rs: f"),
        ("src/a.rs", 9, "src/a.rs"),
        ("src/notes.txt", 1, "src/notes.txt:1"),
        ("location", 3, "location:3"),
        ("", 0, ":0"),
    ] {
        let place = staged::place(file, line, 1);
        assert_eq!(names.item(&place), want);
        let with_function = names.item_of(&place, Some("bank::f::{{closure}}"));
        let is_bare = want == file && !file.is_empty();
        assert_eq!(with_function, if is_bare { format!("{want}: bank::f") } else { want.into() });
    }
}

#[test]
fn packages_have_no_versions() {
    let (_directory, files) = project(&[("src/a.rs", ""), ("bank-1.0.0/src/a.rs", "")]);
    let names = Names::of(&files);
    for (file, want) in [
        ("tokio-1.54.1/src/a.rs", "tokio/src/a.rs"),
        ("a-b-1.0.0-rc.1+2.x/src/a.rs", "a-b/src/a.rs"),
        ("a-2-1.0.0/src/a.rs", "a-2/src/a.rs"),
        ("repo-0a1b2c3/sub/a.rs", "repo/sub/a.rs"),
        ("my-facade/src/a.rs", "my-facade/src/a.rs"),
        ("a-1.0/src/a.rs", "a-1.0/src/a.rs"),
        ("library/core/src/a.rs", "library/core/src/a.rs"),
        // The user's own.
        ("bank-1.0.0/src/a.rs", "bank-1.0.0/src/a.rs"),
    ] {
        assert_eq!(names.item(&staged::place(file, 1, 1)), want);
    }
}

#[test]
fn a_lock_of_a_dependency_is_somebodys() {
    let (directory, files) = project(&[("src/a.rs", "fn f() {}")]);
    let file = directory
        .path()
        .canonicalize()
        .unwrap()
        .join(".cargo/registry/src/index/dep-1.0.0/src/m.rs");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file.parent().unwrap().parent().unwrap().join("Cargo.toml"), "").unwrap();
    fs::write(&file, "impl M { fn new() { Mutex::new(0) } }").unwrap();
    // As outside of the workspace.
    let mut place = staged::place(&file.display().to_string(), 1, 21);
    files.rename_place(&mut place);
    let names = Names::of(&files);
    let made_for = Some(staged::place("src/a.rs", 1, 10));
    let theirs = Lock { made_for: made_for.clone(), ..lock(Class::Made(place)) };
    let class = names.class(&theirs);
    assert!(class.ends_with("dep-1.0.0/src/m.rs: M::new for src/a.rs: f"), "{class}");
    assert!(names.has(&class));
    let ours = Lock { made_for, ..lock(Class::Made(staged::place("src/a.rs", 1, 1))) };
    assert_eq!(names.class(&ours), "src/a.rs: f");
}

#[test]
fn names_are_there_or_not() {
    let text = "impl A { fn new() -> A { A { a: Mutex::new(0) } } }\nfn f() { Mutex::new(0); Mutex::new(1); }";
    let (_directory, files) = project(&[("src/a.rs", text), ("src/broken.rs", "fn")]);
    let names = Names::of(&files);
    for (name, want) in [
        ("src/a.rs: A::new", true),
        ("src/a.rs: A::old", false),
        ("src/a.rs: A::new.a", true),
        ("src/a.rs: A::new.b", false),
        ("src/a.rs: f#2", true),
        ("src/a.rs: f#3", false),
        ("src/a.rs: f first taken", true),
        ("src/a.rs: A::new.a for src/a.rs: f", true),
        ("src/a.rs: A::new.a for src/a.rs: g", false),
        ("src/a.rs", true),
        ("src/gone.rs", false),
        ("src/broken.rs: fn", false),
        ("accounts", false),
        ("src: a", false),
        ("", false),
    ] {
        assert_eq!(names.has(name), want, "{name}");
    }
}

/// Two functions that take two locks in both orders, from the line after `above` lines.
fn bank(above: usize, function: &str) -> (String, Finding) {
    let head = "//\n".repeat(above);
    let text = format!(
        "{head}static A: Mutex<u8> = Mutex::new(0);\nstatic B: Mutex<u8> = Mutex::new(0);\n\
         fn {function}() {{ A.lock();\nB.lock(); }}\nfn audit() {{ inner(B.lock()) }}\nfn inner() {{ A.lock() }}\n"
    );
    let mut finding = staged::cycle();
    let line = |line: usize| staged::place("src/a.rs", u32::try_from(above + line).unwrap(), 0);
    places::each_lock(&mut finding, &mut |lock| {
        lock.class = Class::Made(line(lock.id as usize));
    });
    for (step, (held, site)) in finding.steps.iter_mut().zip([(3, 4), (5, 6)]) {
        step.site = Some(line(site));
        step.stack.clear();
        if let lockgraph::finding::Blocks::Holds(it) = &mut step.blocks {
            it.site = Some(line(held));
        }
    }
    (text, finding)
}

fn steps(text: &str, finding: &Finding) -> Option<Vec<String>> {
    let (_directory, files) = project(&[("src/a.rs", text)]);
    Names::of(&files).steps(finding)
}

#[test]
fn the_steps_of_a_finding_outlive_shifted_lines_and_a_renamed_function_is_known_again() {
    let (text, finding) = bank(0, "transfer");
    let names = steps(&text, &finding).unwrap();
    assert_eq!(
        names,
        [
            "src/a.rs: A -> src/a.rs: B in src/a.rs: transfer",
            "src/a.rs: B taken in src/a.rs: audit -> src/a.rs: A in src/a.rs: inner",
        ]
    );
    let (text, finding) = bank(7, "transfer");
    assert_eq!(steps(&text, &finding).unwrap(), names);
    let (text, finding) = bank(7, "send");
    let renamed = steps(&text, &finding).unwrap();
    let (_directory, files) = project(&[("src/a.rs", &text)]);
    let sources = Names::of(&files);
    assert_eq!(moved(&[&names], &[&renamed], &|name| sources.has(name)), [(0, 0)]);
}

#[test]
fn a_finding_of_which_too_little_is_known_keeps_its_places() {
    let (text, finding) = bank(0, "transfer");
    assert_eq!(steps("fn", &finding), None);
    let mut unknown = finding.clone();
    places::each_lock(&mut unknown, &mut |lock| lock.class = Class::Unknown);
    assert_eq!(steps(&text, &unknown), None);
    let mut nowhere = finding;
    nowhere.steps[0].site = None;
    assert_eq!(steps(&text, &nowhere), None);
    assert_eq!(steps(&text, &Finding::new(Kind::Stall, Verdict::Stalled, Vec::new())), None);
}

#[test]
fn every_shape_of_a_step_has_a_name() {
    let (_directory, files) = project(&[]);
    let names = Names::of(&files);
    let mut all: Vec<String> =
        staged::every_shape().iter().filter_map(|finding| names.steps(finding)).flatten().collect();
    all.sort_unstable();
    all.dedup();
    for want in ["- -> gone", "end -> gone", "lock-1 -> gone", "unpark -> gone"] {
        assert!(all.iter().any(|name| name == want), "{want} in {all:?}");
    }
    let site = Some(staged::place("location", 3, 0));
    let mut shapes = staged::every_shape();
    shapes
        .iter_mut()
        .flat_map(|finding| &mut finding.steps)
        .for_each(|step| step.site = site.clone());
    let mut all: Vec<String> =
        shapes.iter().filter_map(|shape| names.steps(shape)).flatten().collect();
    all.sort_unstable();
    for want in [
        "- -> join in location:3",
        "end -> lock-2 in location:3",
        "lock-1 -> notify at lock-2 in location:3",
    ] {
        assert!(all.iter().any(|name| name == want), "{want} in {all:?}");
    }
}

#[test]
fn the_sources_of_this_crate_have_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = Files::of(&Workspace {
        root: root.to_owned(),
        members: vec![root.to_owned()],
        ..Workspace::default()
    });
    let text = fs::read_to_string(root.join("src/names.rs")).unwrap();
    let line = text.lines().position(|line| line.contains("outlines.borrow_mut()")).unwrap();
    let mut place = staged::place("src/names.rs", u32::try_from(line + 1).unwrap(), 9);
    files.rename_place(&mut place);
    assert_eq!(Names::of(&files).item(&place), "src/names.rs: Names::outline");
}
