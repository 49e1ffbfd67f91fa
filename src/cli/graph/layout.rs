//! Where boxes stand: a column for each kind, each box near those that it belongs to, none over another.

use super::drawing::{Graph, Kind};

/// Sizes in user units of the picture.
pub(super) const WIDTH: i32 = 250;
const GAP_ACROSS: i32 = 90;
const GAP_DOWN: i32 = 18;
/// Around the ends of one connection.
const FRAME: i32 = 12;
/// The name of a connection above its ends.
const HEADING: i32 = 22;
const MARGIN: i32 = 24;
/// Above everything: the project's name.
const TOP: i32 = 56;
pub(super) const LINE: i32 = 18;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Area {
    pub(super) fn middle(&self) -> i32 {
        self.y + self.height / 2
    }
}

/// The areas of all boxes and frames.
pub(super) struct Layout {
    /// By node.
    pub(super) nodes: Vec<Area>,
    /// By group.
    pub(super) frames: Vec<Area>,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// What is placed as one: a box, or the ends of a connection.
struct Block {
    members: Vec<usize>,
    height: i32,
    /// Where its middle would be best.
    wish: Option<i32>,
}

impl Layout {
    pub(super) fn of(graph: &Graph) -> Self {
        let mut layout = Self {
            nodes: vec![Area::default(); graph.nodes.len()],
            frames: vec![Area::default(); graph.groups.len()],
            width: 0,
            height: 0,
        };
        // Rules first: everything else finds its place beside them.
        for column in [
            Kind::Rule.column(),
            0,
            Kind::Mapping.column(),
            Kind::Test.column(),
        ] {
            layout.column(graph, column);
        }
        let right = layout.nodes.iter().map(|area| area.x + area.width);
        let below = layout.nodes.iter().chain(&layout.frames);
        let below = below.map(|area| area.y + area.height);
        layout.height = below.max().unwrap_or(TOP) + MARGIN;
        layout.width = right.max().unwrap_or(WIDTH) + MARGIN + FRAME;
        layout
    }

    fn column(&mut self, graph: &Graph, column: usize) {
        let mut blocks = self.blocks(graph, column);
        // Those without a wish go last, in their order.
        blocks.sort_by_key(|block| block.wish.unwrap_or(i32::MAX));
        let across = i32::try_from(column).unwrap_or(0);
        let x = MARGIN + FRAME + across * (WIDTH + GAP_ACROSS);
        let mut next = TOP;
        for block in blocks {
            let top = block.wish.map_or(next, |wish| wish - block.height / 2);
            let top = top.max(next);
            next = top + block.height + GAP_DOWN;
            let mut y = top;
            let group = graph.nodes[block.members[0]].group;
            if let Some(group) = group {
                self.frames[group] = Area {
                    x: x - FRAME,
                    y: top,
                    width: WIDTH + 2 * FRAME,
                    height: block.height,
                };
                y += HEADING;
            }
            for member in block.members {
                let height = height(graph, member);
                self.nodes[member] = Area {
                    x,
                    y,
                    width: WIDTH,
                    height,
                };
                y += height + FRAME;
            }
        }
    }

    fn blocks(&self, graph: &Graph, column: usize) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            if node.kind.column() != column {
                continue;
            }
            let own = height(graph, index);
            let same = |block: &&mut Block| {
                node.group.is_some() && graph.nodes[block.members[0]].group == node.group
            };
            if let Some(block) = blocks.last_mut().filter(same) {
                block.members.push(index);
                block.height += own + FRAME;
            } else {
                let frame = if node.group.is_some() {
                    HEADING + FRAME
                } else {
                    0
                };
                blocks.push(Block {
                    members: vec![index],
                    height: own + frame,
                    wish: None,
                });
            }
        }
        for block in &mut blocks {
            block.wish = self.wish(graph, block);
        }
        blocks
    }

    /// The mean of the middles of the boxes that it is tied to and that have their place.
    fn wish(&self, graph: &Graph, block: &Block) -> Option<i32> {
        let ties = graph.edges.iter().filter_map(|edge| {
            let other = match (
                block.members.contains(&edge.from),
                block.members.contains(&edge.to),
            ) {
                (true, _) => edge.to,
                (_, true) => edge.from,
                _ => return None,
            };
            let area = &self.nodes[other];
            (area.width > 0).then(|| area.middle())
        });
        let middles: Vec<i32> = ties.collect();
        let count = i32::try_from(middles.len()).ok()?;
        (count > 0).then(|| middles.iter().sum::<i32>() / count)
    }
}

/// Title and lines.
fn height(graph: &Graph, node: usize) -> i32 {
    let lines = i32::try_from(graph.nodes[node].lines.len()).unwrap_or(0);
    16 + LINE * (lines + 1)
}
