//! Ruled tables. A row that does not fit goes on on the next page, under the heads.

use super::{BODY, HEIGHT, LEADING, Paper, ROOM, SIDE, SMALL, baseline, lines};

/// Between a rule and what stands beside it, points.
const PAD: f32 = 4.0;

/// A column: its head and its share of the width.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    pub head: &'a str,
    pub share: f32,
}

/// Columns on the paper: where each begins, and the right edge of the last.
struct Grid {
    edges: Vec<f32>,
    size: f32,
}

impl Grid {
    fn new(shares: impl Iterator<Item = f32> + Clone, size: f32) -> Self {
        let all: f32 = shares.clone().sum();
        let mut edges = vec![SIDE];
        let mut at = SIDE;
        for share in shares {
            at += ROOM * share / all;
            edges.push(at);
        }
        Self { edges, size }
    }

    fn cells<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Vec<Vec<String>> {
        let widths = self.edges.windows(2).map(|edge| (edge[1] - edge[0] - 2.0 * PAD) / self.size);
        widths.zip(texts).map(|(ems, text)| lines::lines(text, ems)).collect()
    }

    const fn leading(&self) -> f32 {
        self.size * LEADING
    }
}

impl Paper {
    /// Names and what stands for them, as forms have it.
    pub fn fields(&mut self, rows: &[(&str, String)]) {
        let grid = Grid::new([0.24, 0.76].into_iter(), BODY);
        let mut above = true;
        for (name, value) in rows {
            self.row(&grid, &grid.cells([*name, value].into_iter()), None, above);
            above = false;
        }
        self.gap(6.0);
    }

    /// Rows under heads, which every page repeats.
    pub fn table(&mut self, columns: &[Column<'_>], rows: &[Vec<String>]) {
        let grid = Grid::new(columns.iter().map(|c| c.share), SMALL + 0.5);
        let heads = grid.cells(columns.iter().map(|c| c.head));
        let row_fits = 2.0 * (grid.leading() * 2.0 + 2.0 * PAD);
        self.room(row_fits);
        self.row(&grid, &heads, None, true);
        for row in rows {
            let cells = grid.cells(row.iter().map(String::as_str));
            self.row(&grid, &cells, Some(&heads), false);
        }
        self.gap(6.0);
    }

    /// One row, cut where the page ends. `above`: with a rule over it.
    fn row(
        &mut self,
        grid: &Grid,
        cells: &[Vec<String>],
        heads: Option<&[Vec<String>]>,
        above: bool,
    ) {
        let all = cells.iter().map(Vec::len).max().unwrap_or(0);
        let (mut from, mut above) = (0, above);
        while from < all {
            let fit = ((self.left() - 2.0 * PAD) / grid.leading()).floor().max(0.0) as usize;
            // A short row is not cut, and no row leaves a single line behind.
            if fit < (all - from).min(3) {
                self.next_page();
                above = true;
                if let Some(heads) = heads {
                    self.part(grid, heads, 0..heads.iter().map(Vec::len).max().unwrap_or(0), true);
                    above = false;
                }
                continue;
            }
            let until = all.min(from + fit);
            self.part(grid, cells, from..until, above);
            (from, above) = (until, true);
        }
    }

    fn part(
        &mut self,
        grid: &Grid,
        cells: &[Vec<String>],
        range: std::ops::Range<usize>,
        above: bool,
    ) {
        let (top, height) = (self.y, range.len() as f32 * grid.leading() + 2.0 * PAD);
        for (cell, x) in cells.iter().zip(&grid.edges) {
            for (n, line) in cell.iter().enumerate().skip(range.start).take(range.len()) {
                let y = top + PAD + (n - range.start) as f32 * grid.leading();
                self.write(line, grid.size, x + PAD, y + baseline(grid.size));
            }
        }
        let (left, right) = (grid.edges[0], grid.edges[grid.edges.len() - 1]);
        if above {
            self.rule(left, top, right, top);
        }
        self.rule(left, top + height, right, top + height);
        for x in &grid.edges {
            self.rule(*x, top, *x, top + height);
        }
        self.y = (top + height).min(HEIGHT);
    }
}
