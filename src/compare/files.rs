//! The files that pods mount from ConfigMaps and Secrets, compared by their content.

use std::collections::{BTreeMap, BTreeSet};

use super::line::{Line, Topic, lines};
use super::renames::Renames;
use super::values::Value;
use super::variables::of_key;
use crate::facts::Place;
use crate::yaml::View;

/// The mounted files of a pod, by volume and key.
fn values(place: Place<'_, '_>) -> BTreeMap<String, Value> {
    let (mut values, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for volume in place.workload.spec.list_at("volumes").iter() {
        let name = volume.text_at("name");
        for source in volume.list_at("projected.sources").iter().chain([volume]) {
            add(place, name, source, &mut seen, &mut values);
        }
    }
    values
}

/// Adds the files of a volume. If several volumes have all files of one ConfigMap or Secret, the first one says what changes.
fn add<'o>(
    place: Place<'_, 'o>,
    volume: &str,
    source: View<'o>,
    seen: &mut BTreeSet<(&'static str, &'o str)>,
    values: &mut BTreeMap<String, Value>,
) {
    let secret = match source.text_at("secret.secretName") {
        "" => source.text_at("secret.name"),
        name => name,
    };
    for (kind, field, name) in [("ConfigMap", "configMap", source.text_at("configMap.name")), ("Secret", "secret", secret)] {
        let Some(data) = place.cluster.data(kind, place.object.namespace(), name) else { continue };
        let items = source.get(field).map(|source| source.list_at("items")).unwrap_or_default();
        if items.is_empty() && !seen.insert((kind, name)) {
            continue;
        }
        let is_mounted = |key: &str| items.is_empty() || items.iter().any(|item| item.text_at("key") == key);
        for key in data.keys().filter(|key| is_mounted(key)) {
            values.insert(format!("{volume}/{key}"), of_key(place.cluster, place.object.namespace(), kind, name, key));
        }
    }
}

/// The differences between the mounted files of two pods.
pub fn differences(old: Place<'_, '_>, new: Place<'_, '_>, renames: &Renames) -> Vec<Line> {
    lines(Topic::File, &values(old), &values(new), renames)
}
