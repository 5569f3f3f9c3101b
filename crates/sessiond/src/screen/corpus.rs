//! What programs write, as the material of tests: sequences by hand, recordings of real programs, programs made up by chance.

mod characters;
pub(super) mod programs;
mod sequences;

use std::path::Path;
use std::sync::LazyLock;

use longhouse_domain::terminal::TerminalSize;

pub(super) const SIZE: TerminalSize = TerminalSize { cols: 80, rows: 24 };

/// What reaches a terminal, in order.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Step {
    Output(Vec<u8>),
    Resize(TerminalSize),
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Output(output) => write!(f, "{:?}", String::from_utf8_lossy(output)),
            Self::Resize(size) => write!(f, "{}x{}", size.cols, size.rows),
        }
    }
}

/// A program's whole output.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) size: TerminalSize,
    pub(super) steps: Vec<Step>,
}

impl Item {
    pub(super) fn new(
        name: impl Into<String>,
        size: TerminalSize,
        output: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            name: name.into(),
            size,
            steps: vec![Step::Output(output.into())],
        }
    }

    /// Bytes of output in it.
    pub(super) fn len(&self) -> usize {
        let outputs = self.steps.iter().map(|step| match step {
            Step::Output(output) => output.len(),
            Step::Resize(_) => 0,
        });
        outputs.sum()
    }

    /// The steps before and behind the byte `at`.
    pub(super) fn cut(&self, at: usize) -> (Vec<Step>, Vec<Step>) {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut rest = at;
        for step in &self.steps {
            match step {
                Step::Output(output) if rest < output.len() => {
                    let (now, later) = output.split_at(rest);
                    if !now.is_empty() {
                        before.push(Step::Output(now.to_vec()));
                    }
                    after.push(Step::Output(later.to_vec()));
                    rest = 0;
                }
                Step::Output(output) if after.is_empty() => {
                    rest -= output.len();
                    before.push(step.clone());
                }
                Step::Resize(_) if after.is_empty() && rest > 0 => before.push(step.clone()),
                step => after.push(step.clone()),
            }
        }
        (before, after)
    }
}

/// Everything written by hand or recorded.
pub(super) fn corpus() -> &'static Vec<Item> {
    static CORPUS: LazyLock<Vec<Item>> = LazyLock::new(|| {
        let mut items = sequences::all();
        items.extend(recordings());
        items
    });
    &CORPUS
}

/// What real programs wrote when `tests/recordings/record.py` ran them. Their size stands in the name of the file.
pub(super) fn recordings() -> Vec<Item> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut items: Vec<Item> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "bytes"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let (_, size) = name.rsplit_once('-').unwrap();
            let (cols, rows) = size.split_once('x').unwrap();
            let size = TerminalSize {
                cols: cols.parse().unwrap(),
                rows: rows.parse().unwrap(),
            };
            Item::new(name, size, std::fs::read(path).unwrap())
        })
        .collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(items.len() >= 6, "the recordings are not all there");
    items
}
