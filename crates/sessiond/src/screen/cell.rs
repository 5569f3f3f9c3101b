//! What one cell of the screen holds, and rows of them. They keep what the browser's emulator (xterm.js) keeps, so that the two can be
//! equal; which operation does what to them is said elsewhere.

use std::sync::Arc;

/// A colour as the program said it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Colour {
    /// What text has by itself.
    #[default]
    Default,
    /// One of the sixteen, by its own number; bold may make it bright.
    Basic(u8),
    /// One of the 256.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// How text is underlined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Underline {
    #[default]
    None,
    Single,
    Double,
    Curly,
    Dotted,
    Dashed,
}

impl Underline {
    /// By its number in `CSI 4 : n m`; what is unknown is a single line.
    pub(super) fn numbered(number: u16) -> Self {
        match number {
            0 => Self::None,
            2 => Self::Double,
            3 => Self::Curly,
            4 => Self::Dotted,
            5 => Self::Dashed,
            _ => Self::Single,
        }
    }
}

/// Attributes that are either on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u16);

impl Flags {
    pub(crate) const BOLD: Self = Self(1);
    pub(crate) const DIM: Self = Self(1 << 1);
    pub(crate) const ITALIC: Self = Self(1 << 2);
    pub(crate) const BLINK: Self = Self(1 << 3);
    pub(crate) const INVERSE: Self = Self(1 << 4);
    pub(crate) const HIDDEN: Self = Self(1 << 5);
    pub(crate) const STRIKE: Self = Self(1 << 6);
    pub(crate) const OVERLINE: Self = Self(1 << 7);
    /// Selective erase leaves the cell alone.
    pub(crate) const PROTECTED: Self = Self(1 << 8);

    pub(crate) fn contains(self, flag: Self) -> bool {
        self.0 & flag.0 == flag.0
    }

    pub(crate) fn intersects(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    pub(super) fn insert(&mut self, flag: Self) {
        self.0 |= flag.0;
    }

    pub(super) fn remove(&mut self, flag: Self) {
        self.0 &= !flag.0;
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A hyperlink; without an id, cells belong together where they are of one `Arc`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: Option<String>,
    pub(crate) uri: String,
}

/// What few cells have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rare {
    /// What joins the character: combining marks, the rest of an emoji.
    joined: String,
    underline_colour: Colour,
    link: Option<Arc<Link>>,
}

impl Rare {
    fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.underline_colour == Colour::Default && self.link.is_none()
    }
}

/// One cell. As the pen, it is what a cell would be that is written now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// NUL where nothing was written, or the cell is the second half of a wide one.
    pub(crate) c: char,
    pub(crate) fg: Colour,
    pub(crate) bg: Colour,
    pub(crate) flags: Flags,
    pub(crate) underline: Underline,
    /// 1, 2, or 0 for the second half of a wide one.
    pub(crate) width: u8,
    rare: Option<Arc<Rare>>,
}

/// What is right of the end of a row that is kept short.
static BLANK: Cell = Cell {
    c: '\0',
    fg: Colour::Default,
    bg: Colour::Default,
    flags: Flags(0),
    underline: Underline::None,
    width: 1,
    rare: None,
};

impl Default for Cell {
    fn default() -> Self {
        BLANK.clone()
    }
}

impl Cell {
    /// A cell in this one's look.
    pub(super) fn with(&self, c: char, width: u8) -> Self {
        Self {
            c,
            width,
            ..self.clone()
        }
    }

    /// What erasing with this pen leaves: nothing, in its background.
    pub(super) fn erased(&self) -> Self {
        Self {
            bg: self.bg,
            ..Self::default()
        }
    }

    pub(super) fn has_content(&self) -> bool {
        self.c != '\0'
    }

    /// What joins the character.
    pub(crate) fn joined(&self) -> &str {
        self.rare.as_ref().map_or("", |rare| &rare.joined)
    }

    pub(super) fn join(&mut self, c: char) {
        Arc::make_mut(self.rare.get_or_insert_default())
            .joined
            .push(c);
    }

    pub(crate) fn underline_colour(&self) -> Colour {
        self.rare
            .as_ref()
            .map_or(Colour::Default, |rare| rare.underline_colour)
    }

    pub(super) fn set_underline_colour(&mut self, colour: Colour) {
        if colour != self.underline_colour() {
            self.change_rare(|rare| rare.underline_colour = colour);
        }
    }

    pub(crate) fn link(&self) -> Option<&Arc<Link>> {
        self.rare.as_ref()?.link.as_ref()
    }

    pub(super) fn set_link(&mut self, link: Option<Arc<Link>>) {
        if link.as_ref() != self.link() {
            self.change_rare(|rare| rare.link = link);
        }
    }

    fn change_rare(&mut self, change: impl FnOnce(&mut Rare)) {
        let mut rare = self.rare.as_deref().cloned().unwrap_or_default();
        change(&mut rare);
        self.rare = (!rare.is_empty()).then(|| Arc::new(rare));
    }
}

/// A row of cells. One of the history ends with its last cell that is not blank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    cells: Vec<Cell>,
    /// From here on all are blank, and need not be looked at.
    touched: usize,
    /// It goes on where the row above ended.
    pub(crate) wrapped: bool,
}

impl Row {
    pub(super) fn filled(columns: usize, fill: &Cell) -> Self {
        Self {
            cells: vec![fill.clone(); columns],
            touched: if *fill == BLANK { 0 } else { columns },
            wrapped: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&BLANK)
    }

    pub(super) fn set(&mut self, column: usize, cell: Cell) {
        if let Some(place) = self.cell_mut(column) {
            *place = cell;
        }
    }

    pub(super) fn cell_mut(&mut self, column: usize) -> Option<&mut Cell> {
        let place = self.cells.get_mut(column);
        if place.is_some() {
            self.touched = self.touched.max(column + 1);
        }
        place
    }

    /// The place of a character that is one column wide and replaces another such, if that is all that changes.
    pub(super) fn plain_mut(&mut self, column: usize) -> Option<&mut Cell> {
        let [place, rest @ ..] = self.cells.get_mut(column..)? else {
            return None;
        };
        let alone = place.width == 1 && rest.first().is_none_or(|next| next.width > 0);
        self.touched = self.touched.max(column + 1);
        alone.then_some(place)
    }

    pub(super) fn fill(&mut self, fill: &Cell) {
        if *fill == BLANK {
            let touched = self.touched.min(self.cells.len());
            self.cells[..touched].fill(BLANK.clone());
            self.touched = 0;
        } else {
            self.cells.fill(fill.clone());
            self.touched = self.cells.len();
        }
        self.wrapped = false;
    }

    /// Has `columns` cells from now on.
    pub(super) fn set_columns(&mut self, columns: usize) {
        self.cells.resize(columns, BLANK.clone());
    }

    /// Has at most `columns` cells from now on.
    pub(super) fn cut(&mut self, columns: usize) {
        self.cells.truncate(columns);
    }

    fn touched(&self) -> &[Cell] {
        &self.cells[..self.touched.min(self.cells.len())]
    }

    /// The column behind the last character.
    pub(super) fn text_end(&self) -> usize {
        let last = self.touched().iter().rposition(Cell::has_content);
        last.map_or(0, |last| last + usize::from(self.cells[last].width))
    }

    /// The column behind the last cell that is not just blank.
    pub(super) fn drawn_end(&self) -> usize {
        let last = self.touched().iter().rposition(|cell| *cell != BLANK);
        last.map_or(0, |last| last + 1)
    }

    /// Takes what it shows out as a short row, and is left blank, in the look of `fill`.
    pub(super) fn take_short(&mut self, fill: &Cell) -> Self {
        let end = self.drawn_end();
        let short = Self {
            cells: self.cells[..end].to_vec(),
            touched: end,
            wrapped: self.wrapped,
        };
        self.fill(fill);
        short
    }

    /// Erases `from..to`; halves of wide characters at its edges go too. Protected cells stay where `selective` says so.
    pub(super) fn erase(&mut self, from: usize, to: usize, fill: &Cell, selective: Selective) {
        let kept = |cell: &Cell| {
            selective == Selective::KeepsProtected && cell.flags.contains(Flags::PROTECTED)
        };
        let columns = self.cells.len();
        if from > 0 && self.cell(from - 1).width == 2 && !kept(self.cell(from - 1)) {
            self.set(from - 1, fill.with('\0', 1));
        }
        if to > 0 && to < columns && self.cell(to - 1).width == 2 && !kept(self.cell(to)) {
            self.set(to, fill.with('\0', 1));
        }
        let to = to.min(columns);
        self.touched = self.touched.max(to);
        for cell in self.cells.get_mut(from..to).unwrap_or_default() {
            if !kept(cell) {
                *cell = fill.clone();
            }
        }
    }

    pub(super) fn erase_unprotected(&mut self, column: usize, fill: &Cell) {
        if !self.cell(column).flags.contains(Flags::PROTECTED) {
            self.set(column, fill.clone());
        }
    }

    /// Moves the cells from `at` on to the right, and fills what becomes free.
    pub(super) fn insert(&mut self, at: usize, count: usize, fill: &Cell) {
        let columns = self.cells.len();
        let at = at % columns.max(1);
        if at > 0 && self.cell(at - 1).width == 2 {
            self.set(at - 1, fill.with('\0', 1));
        }
        let count = count.min(columns - at);
        self.touched = columns;
        self.cells[at..].rotate_right(count);
        self.cells[at..at + count].fill(fill.clone());
        if self.cell(columns - 1).width == 2 {
            self.set(columns - 1, fill.with('\0', 1));
        }
    }

    /// Takes cells out at `at`; what is right of them moves there.
    pub(super) fn delete(&mut self, at: usize, count: usize, fill: &Cell) {
        let columns = self.cells.len();
        let at = at % columns.max(1);
        let count = count.min(columns - at);
        self.touched = columns;
        self.cells[at..].rotate_left(count);
        self.cells[columns - count..].fill(fill.clone());
        if at > 0 && self.cell(at - 1).width == 2 {
            self.set(at - 1, fill.with('\0', 1));
        }
        if self.cell(at).width == 0 && !self.cell(at).has_content() {
            self.set(at, fill.with('\0', 1));
        }
    }

    /// Copies `count` cells of `from`, which begin at `start`, to `to`.
    pub(super) fn copy(&mut self, from: &Self, start: usize, to: usize, count: usize) {
        for n in 0..count {
            self.set(to + n, from.cell(start + n).clone());
        }
    }
}

/// Whether erasing spares protected cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selective {
    No,
    KeepsProtected,
}
