//! Edits of the items of a package.

use super::package::{COPY, Item, Package};
use crate::support::random::Random;

pub fn deleted(package: &mut Package, random: &mut Random) -> bool {
    let generated: Vec<usize> = (0..package.items.len()).filter(|place| package.items[*place].owner().is_some()).collect();
    // A copy would replace the deleted object.
    if generated.len() < 3 || package.items.iter().any(Item::is_copy) {
        return false;
    }
    package.items.remove(*random.pick(&generated));
    true
}

pub const FOREIGN: [&str; 6] = [
    "- apiVersion: v1\n  kind: Secret # theirs\n  metadata: {name: theirs-1}\n  data:\n    mode:   0644\n    \"on\": 'yes'\n",
    "- kind: A\n  list:\n    - {a: 1 , b: ~} # odd\n    -   x\n\n",
    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: theirs-2, annotations: {internal.config.kubernetes.io/path: 'a.yaml'}}}\n",
    "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: theirs-3\n    annotations:\n      note: about flow.jina.ai/object\n  spec: {ports: [{port: 0x50}]}\n",
    "- # comment first\n  kind: B\n  text: |+\n    a\n     b\n\n  end: 1_000\n",
    "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    labels: {flow.jina.ai/component: indexer}\n    name: theirs-4\n  spec: {replicas: 1e1}\n",
];

pub fn foreign_added(package: &mut Package, random: &mut Random) -> bool {
    let text = *random.pick(&FOREIGN);
    if package.items.iter().any(|item| item.text == text) {
        return false;
    }
    let place = random.below(package.items.len() + 1);
    package.items.insert(place, Item::of(text.to_owned()));
    true
}

pub fn moved(package: &mut Package, random: &mut Random) -> bool {
    let count = package.items.len();
    let item = &mut package.items[random.below(count)];
    if item.owner().is_none() {
        return false;
    }
    let (file, index) = (["", "sub/"][random.below(2)].to_owned() + &format!("moved-{}.yaml", random.below(1000)), random.below(3));
    item.change(0, |object| {
        object["metadata"]["annotations"]["internal.config.kubernetes.io/path"] = file.into();
        object["metadata"]["annotations"]["internal.config.kubernetes.io/index"] = index.to_string().into();
    });
    true
}

pub fn copied(package: &mut Package, random: &mut Random) -> bool {
    let place = random.below(package.items.len());
    let mut copy = package.items[place].clone();
    if copy.owner().is_none() || package.items.iter().any(Item::is_copy) {
        return false;
    }
    let name = copy.name().to_owned() + COPY;
    copy.change(0, |object| {
        object["metadata"]["name"] = name.into();
        object["metadata"]["annotations"]["internal.config.kubernetes.io/path"] = "copies.yaml".into();
    });
    let place = random.below(package.items.len() + 1);
    package.items.insert(place, copy);
    true
}

pub fn shuffled(package: &mut Package, random: &mut Random) -> bool {
    let by = 1 + random.below(package.items.len() - 1);
    package.items.rotate_left(by);
    true
}
