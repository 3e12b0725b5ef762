//! Objects by kind, namespace and name. The index is a sorted list, because maps of very many small objects need more
//! memory.

use std::cell::OnceCell;

use super::object::SeenObject;

/// Objects by kind, namespace and name, and by kind and name in any namespace.
#[derive(Debug, Default)]
pub struct NameIndex<'o> {
    /// The objects sorted by kind, namespace, name and group.
    order: Vec<u32>,
    /// The objects sorted by kind and name. The list is sorted when it is first needed.
    by_name: OnceCell<Vec<u32>>,
    /// The names of objects that other objects create.
    created: Vec<CreatedName<'o>>,
}

/// The name of an object that another object creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CreatedName<'o> {
    /// The kind of the created object.
    pub kind: &'o str,
    /// The namespace of the created object.
    pub namespace: &'o str,
    /// The name of the created object.
    pub name: &'o str,
    /// The position of the creator.
    pub creator: usize,
}

impl<'o> NameIndex<'o> {
    /// Sorts objects.
    pub fn of(objects: &[SeenObject<'o>]) -> Self {
        let mut order: Vec<u32> = (0..u32::try_from(objects.len()).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by(|one, other| {
            let [first, second] = [one, other].map(|index| &objects[*index as usize]);
            let names = |object: &SeenObject<'o>| (object.kind(), object.namespace(), object.name());
            // The group is a search in a string, and names are seldom equal.
            names(first).cmp(&names(second)).then_with(|| (first.group(), one).cmp(&(second.group(), other)))
        });
        Self { order, by_name: OnceCell::new(), created: Vec::new() }
    }

    /// Removes the objects in `left_out`, and then the duplicates of earlier objects. Returns which objects are duplicates.
    pub fn remove(&mut self, objects: &[SeenObject<'o>], left_out: &[bool]) -> Vec<bool> {
        let mut are_duplicates = vec![false; objects.len()];
        self.order.retain(|index| !left_out[*index as usize]);
        self.order.dedup_by(|later, first| {
            let is_duplicate = is_same(&objects[*later as usize], &objects[*first as usize]);
            are_duplicates[*later as usize] = is_duplicate;
            is_duplicate
        });
        are_duplicates
    }

    /// Adds the names of objects that other objects create.
    pub fn add_created(&mut self, mut created: Vec<CreatedName<'o>>) {
        created.sort_unstable();
        self.created = created;
    }

    /// The first object that has a kind, namespace and name, or that creates an object with this kind, namespace and name.
    pub fn find(&self, objects: &[SeenObject<'o>], kind: &str, namespace: &str, name: &str) -> Option<usize> {
        let key = |index: u32| {
            let object = &objects[index as usize];
            (object.kind(), object.namespace(), object.name())
        };
        let wanted = (kind, namespace, name);
        // Objects of different API groups may have the same kind and name.
        let found = with_key(&self.order, key, wanted).map(|index| index as usize);
        let created = with_key(&self.created, |created| (created.kind, created.namespace, created.name), wanted);
        found.chain(created.map(|created| created.creator)).min()
    }

    /// The first object with a kind and name in any namespace.
    pub fn find_anywhere(&self, objects: &[SeenObject<'o>], kind: &str, name: &str) -> Option<usize> {
        let key = |index: u32| {
            let object = &objects[index as usize];
            (object.kind(), object.name())
        };
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name = self.order.clone();
            by_name.sort_unstable_by_key(|index| (key(*index), *index));
            by_name
        });
        let found = with_key(by_name, key, (kind, name)).map(|index| index as usize).next();
        let of_kind = with_key(&self.created, |created| created.kind, kind);
        let created = of_kind.filter(|created| created.name == name).map(|created| created.creator);
        found.into_iter().chain(created).min()
    }

    /// The names of all objects of a kind in a namespace.
    pub fn names<'s>(&'s self, objects: &'s [SeenObject<'o>], kind: &'s str, namespace: &'s str) -> impl Iterator<Item = &'o str> + 's {
        let key = |index: u32| {
            let object = &objects[index as usize];
            (object.kind(), object.namespace())
        };
        let found = with_key(&self.order, key, (kind, namespace)).map(|index| objects[index as usize].name());
        let created = with_key(&self.created, |created| (created.kind, created.namespace), (kind, namespace));
        found.chain(created.map(|created| created.name))
    }
}

/// The entries with a key in a sorted list.
fn with_key<T: Copy, K: PartialOrd + Copy>(sorted: &[T], key: impl Fn(T) -> K, wanted: K) -> impl Iterator<Item = T> {
    let first = sorted.partition_point(|entry| key(*entry) < wanted);
    sorted[first..].iter().copied().take_while(move |entry| key(*entry) == wanted)
}

fn is_same(one: &SeenObject<'_>, other: &SeenObject<'_>) -> bool {
    one.name() == other.name() && one.namespace() == other.namespace() && one.kind() == other.kind() && one.group() == other.group()
}
