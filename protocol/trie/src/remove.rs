//! Removal: what is left keeps the one shape that its set of keys has.

use crate::{
    NodeSource, TrieError,
    node::{Body, Link},
    trie::{Loader, child_path},
};
use alloc::{collections::BTreeMap, sync::Arc};
use alloy_primitives::Bytes;
use alloy_trie::Nibbles;

type Updates = BTreeMap<Nibbles, Option<Bytes>>;

impl<S: NodeSource + ?Sized> Loader<'_, S> {
    /// Removes `key` from the subtrie `link` at its first `depth` nibbles; false if it is not there.
    pub(crate) fn remove(
        &self,
        link: &mut Link,
        key: &Nibbles,
        depth: usize,
        updates: &mut Updates,
    ) -> Result<bool, TrieError<S::Error>> {
        self.load(link, key, depth)?;
        let rest = key.slice(depth..);
        let Link::Node(shared) = link else { return Ok(false) };
        if let Body::Leaf { key: leaf_key, .. } = &shared.body {
            if *leaf_key != rest {
                return Ok(false);
            }
            if shared.stored {
                updates.insert(key.slice(..depth), None);
            }
            *link = Link::Empty;
            return Ok(true);
        }
        let node = Arc::make_mut(shared);
        let changed = match &mut node.body {
            Body::Extension { key: prefix, child } if rest.starts_with(prefix) => {
                let depth = depth + prefix.len();
                self.load_branch(child, key, depth)?;
                self.remove(child, key, depth, updates)?
            }
            Body::Branch(_) => self.remove_entry(&mut node.body, key, depth, updates)?,
            Body::Leaf { .. } | Body::Extension { .. } => false,
        };
        if changed {
            node.reference = None;
            let path = key.slice(..depth);
            match &mut node.body {
                Body::Extension { key: prefix, child } => {
                    node.body = prepend(*prefix, core::mem::take(child), &path.join(prefix), updates);
                }
                body => collapse(body, path, updates),
            }
        }
        Ok(changed)
    }

    /// Removes `key` from a branch. If that will leave one child, the child is loaded first, so that nothing can fail
    /// once something has changed.
    fn remove_entry(
        &self,
        body: &mut Body,
        key: &Nibbles,
        depth: usize,
        updates: &mut Updates,
    ) -> Result<bool, TrieError<S::Error>> {
        let Body::Branch(branch) = body else { return Ok(false) };
        let nibble = key.get(depth);
        let vanishes = match nibble {
            None => branch.value.is_some(),
            Some(nibble) => {
                let child = &mut branch.children[usize::from(nibble)];
                self.load(child, key, depth + 1)?;
                let rest = key.slice(depth + 1..);
                matches!(child, Link::Node(node) if matches!(&node.body, Body::Leaf { key, .. } if *key == rest))
            }
        };
        if vanishes && let Some(sibling) = branch.lone_sibling(nibble) {
            let path = child_path(key.slice(..depth), sibling);
            self.load(&mut branch.children[usize::from(sibling)], &path, path.len())?;
        }
        match nibble {
            None => Ok(branch.value.take().is_some()),
            Some(nibble) => self.remove(&mut branch.children[usize::from(nibble)], key, depth + 1, updates),
        }
    }
}

/// Turns a branch at `path` with one entry left into the leaf or extension that takes its place.
fn collapse(body: &mut Body, path: Nibbles, updates: &mut Updates) {
    let Body::Branch(branch) = body else { return };
    if let Some(nibble) = branch.lone_sibling(None).filter(|_| branch.value.is_none()) {
        let child = core::mem::take(&mut branch.children[usize::from(nibble)]);
        *body = prepend(Nibbles::from_nibbles([nibble]), child, &child_path(path, nibble), updates);
    } else if branch.children.iter().all(Link::is_empty)
        && let Some(value) = branch.value.take()
    {
        *body = Body::Leaf { key: Nibbles::new(), value };
    }
}

/// The node that stands for `child` at `child_path` with `prefix` before it: a leaf or an extension takes up the prefix and
/// leaves its place, a branch gets an extension.
fn prepend(prefix: Nibbles, child: Link, child_path: &Nibbles, updates: &mut Updates) -> Body {
    let body = match &child {
        Link::Node(node) => match &node.body {
            Body::Leaf { key, value } => Body::Leaf { key: prefix.join(key), value: value.clone() },
            Body::Extension { key, child } => Body::Extension { key: prefix.join(key), child: child.clone() },
            Body::Branch(_) => return Body::Extension { key: prefix, child },
        },
        Link::Empty | Link::Hash(_) => return Body::Extension { key: prefix, child },
    };
    if matches!(&child, Link::Node(node) if node.stored) {
        updates.insert(*child_path, None);
    }
    body
}
