//! Which reports go where, with real files.

use super::*;
use crate::staged;

fn outputs(asked: &[&str]) -> Outputs {
    let asked: Vec<Output> = asked.iter().map(|text| Output::parse(text).unwrap()).collect();
    Outputs::chosen(&asked, Job::None).unwrap()
}

/// What goes to standard output, and whether all files were written.
fn written(outputs: &Outputs) -> (String, bool) {
    let mut out = Vec::new();
    let text = |out: &mut dyn Write, style: Style| writeln!(out, "text in {style:?}");
    let is_well = outputs.write(&staged::checked(), Style::Colour, &mut out, &text).unwrap();
    (String::from_utf8(out).unwrap(), is_well)
}

#[test]
fn a_form_may_have_a_file() {
    for (text, want) in [
        ("text", Ok((Form::Text, None))),
        ("sarif=a.sarif", Ok((Form::Sarif, Some("a.sarif")))),
        ("junit=a=b.xml", Ok((Form::Junit, Some("a=b.xml")))),
        ("gitlab=", Err("the name of the file is missing after `=`")),
        (
            "dot=x",
            Err(
                "no such format; there are text, json, sarif, junit, github, markdown, gitlab, html",
            ),
        ),
    ] {
        let want = want.map(|(form, file)| Output { form, file: file.map(PathBuf::from) });
        assert_eq!(Output::parse(text), want.map_err(String::from), "{text}");
    }
}

#[test]
fn one_report_goes_to_standard_output() {
    for (asked, want) in [
        (&[][..], Form::Text),
        (&["json"], Form::Json),
        (&["sarif=x", "junit=y"], Form::Text),
        (&["sarif=x", "gitlab", "junit=y"], Form::Gitlab),
    ] {
        assert_eq!(outputs(asked).stdout, want, "{asked:?}");
    }
    let two = ["json", "sarif=x", "sarif"].map(|text| Output::parse(text).unwrap());
    assert_eq!(
        Outputs::chosen(&two, Job::None),
        Err(
            "only one report can go to standard output, not both json and sarif: give one a file, \
             as in `--format sarif=FILE`"
                .into()
        )
    );
}

#[test]
fn what_programs_read_is_alone_on_standard_output() {
    for (form, want) in [("text", false), ("github", false), ("json", true), ("junit", true)] {
        assert_eq!(outputs(&[form]).is_for_programs(), want, "{form}");
    }
    assert!(!outputs(&["json=x"]).is_for_programs());
}

#[test]
fn every_form_can_go_to_a_file_whose_directory_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let begins = [
        ("text", "text in Plain\n"),
        ("json", "{\n  \"version\": 1,"),
        ("sarif", "{\"$schema\":\"https://docs.oasis-open.org/"),
        ("junit", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "),
        ("github", "::error file=src/a.rs,line=11,"),
        ("markdown", "## lockgraph: 2 findings"),
        ("gitlab", "[\n  {\n    \"description\": "),
    ];
    let file = |form: &str| directory.path().join("not/there").join(form);
    let asked = begins.map(|(form, _)| format!("{form}={}", file(form).display()));
    let outputs = outputs(&asked.each_ref().map(String::as_str));
    assert_eq!(written(&outputs), ("text in Colour\n".to_string(), true));
    for (form, begin) in begins {
        let text = fs::read_to_string(file(form)).unwrap();
        assert!(text.starts_with(begin), "{form}: {text}");
    }
}

#[test]
fn a_file_that_cannot_be_written_does_not_stop_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let (taken, good) = (directory.path().join("taken"), directory.path().join("good"));
    fs::write(&taken, "a file").unwrap();
    let bad = format!("sarif={}", taken.join("x").display());
    let good_one = format!("junit={}", good.display());
    let (text, is_well) = written(&outputs(&[&bad, &good_one]));
    assert_eq!((text.as_str(), is_well), ("text in Colour\n", false));
    assert!(good.is_file());
    assert_eq!(fs::read_to_string(&taken).unwrap(), "a file");
}

#[test]
fn a_job_of_github_gets_annotations_and_a_page() {
    let directory = tempfile::tempdir().unwrap();
    let summary = directory.path().join("summary.md");
    fs::write(&summary, "# Before\n\n").unwrap();
    let job = |summary: &Path| Job::GitHub { summary: Some(summary.to_owned()) };
    let (text, is_well) = written(&Outputs::chosen(&[], job(&summary)).unwrap());
    assert!(is_well);
    assert!(text.starts_with("text in Colour\n::error file=src/a.rs,line=11,"), "{text}");
    let page = fs::read_to_string(&summary).unwrap();
    assert!(page.starts_with("# Before\n\n## lockgraph: 2 findings"), "{page}");
    // Whoever says what to print gets nothing else.
    let asked = [Output::parse("text").unwrap()];
    let (text, _) = written(&Outputs::chosen(&asked, job(&summary)).unwrap());
    assert_eq!(text, "text in Colour\n");
    // Others have filled the page.
    fs::write(&summary, "x".repeat(print::markdown::LARGEST - 100)).unwrap();
    assert!(written(&Outputs::chosen(&[], job(&summary)).unwrap()).1);
    let length = fs::metadata(&summary).unwrap().len();
    assert!(length <= print::markdown::LARGEST as u64, "{length}");
    let missing = directory.path().join("no/such/directory");
    assert!(!written(&Outputs::chosen(&[], job(&missing)).unwrap()).1);
}
