//! In whose job this runs, told by its environment.

use std::ffi::OsString;
use std::path::PathBuf;

/// What GitLab looks for if a job names it as its code quality report, in the current directory.
pub(super) const CODE_QUALITY: &str = "gl-code-quality-report.json";

/// A job that shows what is found without being asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Job {
    /// Not in a job, or none that is known.
    None,
    /// It takes annotations from the output, and a page of Markdown.
    GitHub { summary: Option<PathBuf> },
    /// It takes a file.
    GitLab,
}

impl Job {
    /// The one that this process is in.
    pub(crate) fn current() -> Job {
        Job::of(&|name| std::env::var_os(name))
    }

    fn of(variable: &dyn Fn(&str) -> Option<OsString>) -> Job {
        let is_true = |name| variable(name).is_some_and(|value| value == "true");
        if is_true("GITHUB_ACTIONS") {
            let summary = variable("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
            Job::GitHub { summary: summary.map(PathBuf::from) }
        } else if is_true("GITLAB_CI") {
            Job::GitLab
        } else {
            Job::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_known_by_their_environment() {
        let github = |file: &str| Job::GitHub { summary: Some(PathBuf::from(file)) };
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(Variables, Job); 6] = [
            (&[], Job::None),
            (&[("CI", "true"), ("GITHUB_ACTIONS", "false")], Job::None),
            (&[("GITHUB_ACTIONS", "true")], Job::GitHub { summary: None }),
            (&[("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "/s")], github("/s")),
            (
                &[("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "")],
                Job::GitHub { summary: None },
            ),
            (&[("GITLAB_CI", "true")], Job::GitLab),
        ];
        for (variables, want) in cases {
            let value = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            assert_eq!(Job::of(&value), want, "{variables:?}");
        }
    }
}
