//! A buffer takes another size. Lines that ran into the next row are folded anew, as the browser's emulator folds them: not the one
//! with the cursor, which its program draws anew.

use std::collections::VecDeque;

use super::buffer::Buffer;
use super::cell::{Cell, Row, Selective};

impl Buffer {
    pub(super) fn resize(&mut self, columns: usize, rows: usize) {
        let (old_columns, old_rows) = (self.columns, self.rows);
        self.columns = columns;
        self.rows = rows;
        if !self.lines.is_empty() {
            self.widen(old_columns);
            let down = self.change_rows(old_rows);
            self.trim();
            self.x = self.x.min(columns - 1);
            self.y = self.y.min(rows - 1) + down;
            self.saved.x = self.saved.x.min(columns - 1);
            self.top = 0;
        }
        self.bottom = rows - 1;
        if self.scrollback.is_some() {
            if columns > old_columns {
                self.unfold(old_columns);
            } else if columns < old_columns {
                self.fold(old_columns);
            }
            for line in &mut self.lines {
                line.cut(columns);
            }
        }
        for row in self.lines.range_mut(self.base..) {
            row.set_columns(row.len().max(columns));
        }
    }

    fn widen(&mut self, old_columns: usize) {
        if old_columns < self.columns {
            let columns = self.columns;
            for row in self.rows_mut() {
                row.set_columns(row.len().max(columns));
            }
        }
    }

    /// Rows come from the history where the cursor stands on the last one, and go there where nothing is below it. Says how far the
    /// cursor moved down.
    fn change_rows(&mut self, old_rows: usize) -> usize {
        let mut down = 0;
        for _ in old_rows..self.rows {
            if self.lines.len() >= self.rows + self.base {
                continue;
            }
            if self.base > 0 && self.lines.len() <= self.base + self.y + down + 1 {
                self.base -= 1;
                down += 1;
                let columns = self.columns;
                let row = &mut self.lines[self.base];
                row.set_columns(row.len().max(columns));
            } else {
                self.lines
                    .push_back(Row::filled(self.columns, &Cell::default()));
            }
        }
        for _ in self.rows..old_rows {
            if self.lines.len() <= self.rows + self.base {
                continue;
            }
            if self.lines.len() > self.base + self.y + 1 {
                self.lines.pop_back();
            } else {
                self.base += 1;
            }
        }
        down
    }

    fn trim(&mut self) {
        let over = self.lines.len().saturating_sub(self.most_lines());
        self.lines.drain(..over);
        self.base = self.base.saturating_sub(over);
        self.saved.y = self.saved.y.saturating_sub(over);
    }

    /// Lines that were folded take the room that there is now.
    fn unfold(&mut self, old_columns: usize) {
        let columns = self.columns;
        let cursor = self.base + self.y;
        let mut lines = VecDeque::with_capacity(self.lines.len());
        let mut groups = groups(std::mem::take(&mut self.lines));
        let mut at = 0;
        let mut removed = 0;
        for group in &mut groups {
            let there = group.len();
            if there > 1 && !(at..at + there).contains(&cursor) {
                unfold_group(group, old_columns, columns);
            }
            removed += there - group.len();
            at += there;
        }
        lines.extend(groups.into_iter().flatten());
        self.lines = lines;
        for _ in 0..removed {
            if self.base > 0 {
                self.base -= 1;
                continue;
            }
            self.y = self.y.saturating_sub(1);
            if self.lines.len() < self.rows {
                self.lines.push_back(Row::filled(columns, &Cell::default()));
            }
        }
        self.saved.y = self.saved.y.saturating_sub(removed);
    }

    /// Lines that are too long for a row now take more of them.
    fn fold(&mut self, old_columns: usize) {
        let (columns, rows) = (self.columns, self.rows);
        let most = self.most_lines();
        let mut groups = groups(std::mem::take(&mut self.lines));
        let original = groups.iter().map(Vec::len).sum::<usize>();
        // How many rows there are while one after the other is folded; blank ones below the cursor give way.
        let mut there = original;
        let mut added_so_far = 0;
        let mut end = original;
        for group in groups.iter_mut().rev() {
            let start = end - group.len();
            let cursor = self.base + self.y;
            let holds_cursor = (start..end).contains(&cursor);
            end = start;
            let long = group.len() > 1 || group[0].text_end() > columns;
            if !long || holds_cursor {
                continue;
            }
            let added = fold_group(group, old_columns, columns);
            let trimmed = if self.base == 0 && self.y + 1 != there {
                (self.y + added).saturating_sub(most)
            } else {
                (there + added).saturating_sub(most)
            };
            added_so_far += added;
            for _ in trimmed..added {
                if self.base == 0 && self.y + 1 < rows {
                    self.y += 1;
                    there -= 1;
                } else if self.base == 0 || self.base + rows < most.min(there + added_so_far) {
                    self.base += 1;
                }
            }
            self.saved.y = (self.saved.y + added).min(self.base + rows - 1);
        }
        self.lines = groups.into_iter().flatten().collect();
        // The rows that gave way were the last ones; what is too much then goes at the beginning.
        self.lines.truncate(there + added_so_far);
        let over = self.lines.len().saturating_sub(most);
        self.lines.drain(..over);
    }
}

/// The rows, those together that are one line.
fn groups(lines: VecDeque<Row>) -> Vec<Vec<Row>> {
    let mut groups: Vec<Vec<Row>> = Vec::with_capacity(lines.len());
    for line in lines {
        match groups.last_mut() {
            Some(group) if line.wrapped => group.push(line),
            _ => groups.push(vec![line]),
        }
    }
    groups
}

/// How many cells of a row of a line count: all, but for one that a wide character left free, and what follows the last one's text.
fn used(group: &[Row], n: usize, columns: usize) -> usize {
    let row = &group[n];
    let Some(next) = group.get(n + 1) else {
        return row.text_end();
    };
    let last = row.cell(columns - 1);
    let left_free = !last.has_content() && last.width == 1 && next.cell(0).width == 2;
    columns - usize::from(left_free)
}

fn unfold_group(group: &mut Vec<Row>, old_columns: usize, columns: usize) {
    for row in &mut *group {
        row.set_columns(row.len().max(columns));
    }
    let mut to = (0, used(group, 0, old_columns));
    let mut from = (1, 0);
    while from.0 < group.len() {
        let length = used(group, from.0, old_columns);
        let count = (length.saturating_sub(from.1)).min(columns - to.1);
        let source = group[from.0].clone();
        group[to.0].copy(&source, from.1, to.1, count);
        to.1 += count;
        if to.1 == columns {
            to = (to.0 + 1, 0);
        }
        from.1 += count;
        if from.1 >= length {
            from = (from.0 + 1, 0);
        }
        // A wide character that is cut in two goes to the next row as a whole.
        if to.1 == 0 && to.0 > 0 && group[to.0 - 1].cell(columns - 1).width == 2 {
            let cut = group[to.0 - 1].cell(columns - 1).clone();
            group[to.0].set(0, cut);
            group[to.0 - 1].set(columns - 1, Cell::default());
            to.1 = 1;
        }
    }
    if let Some(row) = group.get_mut(to.0) {
        row.erase(to.1, columns, &Cell::default(), Selective::No);
    }
    while group.len() > 1 && (group.len() > to.0 + 1 || group[group.len() - 1].text_end() == 0) {
        group.pop();
    }
}

/// Says how many rows came to the line.
fn fold_group(group: &mut Vec<Row>, old_columns: usize, columns: usize) -> usize {
    let lengths: Vec<usize> = (0..group.len())
        .map(|n| used(group, n, old_columns))
        .collect();
    let cells = group.iter().zip(&lengths);
    let all: Vec<Cell> = cells
        .flat_map(|(row, length)| (0..*length).map(|x| row.cell(x).clone()))
        .collect();
    let before = group.len();
    let mut at = 0;
    let mut folded = Vec::with_capacity(before + 1);
    while at < all.len() {
        let mut end = (at + columns).min(all.len());
        // A wide character is not cut in two.
        if end < all.len() && all[end - 1].width == 2 {
            end -= 1;
        }
        let mut row = Row::filled(columns, &Cell::default());
        for (x, cell) in all[at..end].iter().enumerate() {
            row.set(x, cell.clone());
        }
        row.wrapped = at > 0 || group[0].wrapped;
        folded.push(row);
        at = end;
    }
    let kept = before.saturating_sub(folded.len());
    for _ in 0..kept {
        let mut blank = Row::filled(columns, &Cell::default());
        blank.wrapped = !folded.is_empty() || group[0].wrapped;
        folded.push(blank);
    }
    *group = folded;
    group.len() - before
}
