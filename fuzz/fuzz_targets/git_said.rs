//! What a session says git said, and command lines that people type: readers end, keep their bounds, and let nothing pass for an option.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longhouse_domain::git::{
    CommandLine, DIFF_FILES, FILE_LINES, STATUS_ENTRIES, TreeDiff, TreeStatus, TypedGit, read_log,
};

fuzz_target!(|said: &[u8]| {
    for cut in [false, true] {
        if let Ok(status) = TreeStatus::read(said, cut) {
            assert!(status.entries.len() <= STATUS_ENTRIES);
            assert!(status.entries.iter().all(|entry| !entry.path.is_empty()));
        }
        let _commits = read_log(said, cut);
        if let Ok(diff) = TreeDiff::read(said, cut, FILE_LINES) {
            assert!(diff.files.len() <= DIFF_FILES);
            let lines = |file: &longhouse_domain::git::FileDiff| file.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>();
            assert!(diff.files.iter().all(|file| lines(file) <= FILE_LINES));
        }
    }
    let Ok(typed) = std::str::from_utf8(said) else {
        return;
    };
    let mut words = typed.split('\n').map(str::to_owned);
    let command = words.next().unwrap_or_default();
    let args: Vec<String> = words.collect();
    if let Ok(typed) = TypedGit::read(&command, &args) {
        let is_line = matches!(typed, TypedGit::Line(_));
        assert_eq!(is_line, CommandLine::new(&command, &args).is_ok());
        if let TypedGit::Clone(clone) = typed {
            assert!(!clone.directory.is_workspace());
        }
    }
    if let Ok(line) = CommandLine::new(&command, &args) {
        let told = line.arguments();
        for barred in [&b"--exec"[..], b"--output", b"--ext-diff", b"--textconv", b"-c", b"--upload-pack", b"--git-dir", b"--global"] {
            let until_paths = told.iter().take_while(|word| *word != b"--");
            // `-c` copies a branch, and shows a merge; before the command it would be a setting.
            let found = until_paths.skip(usize::from(barred == b"-c")).any(|word| word == barred);
            assert!(!found || barred == b"-c", "{typed:?}");
        }
        assert_eq!(told[0], command.as_bytes());
    }
});
