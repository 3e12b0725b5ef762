//! Places a rendered object: finds the item that it was in the last render, and updates or replaces that item, or adds a
//! new one.

use super::candidates::{find, find_former};
use super::census::is_in_usual_file;
use super::flows::Placing;
use super::generated::Generated;
use super::outcome::MissingObject;
use super::ownership::Owner;
use super::reconciler::{Purpose, Reconciler};
use super::replace::FormerObject;
use super::succession::other_role;
use crate::finding::Findings;
use crate::krm::ObjectRef;
use crate::manifests::Object;

/// The item that a rendered object was in the last render.
enum Past<'l> {
    /// The same object.
    Same(Generated<'l>),
    /// Another object, which the rendered object replaces.
    Former(FormerObject<'l>),
}

impl<'l> Reconciler<'l, '_> {
    /// Places an object of a JinaFlow. If the object is new, it is written to `file`.
    pub fn place(&mut self, flow: &Placing, component: &str, file: &str, object: Object<'_>, findings: &mut Findings) {
        let Object { role, node: object } = object;
        let identity = ObjectRef::of(&object).effective();
        findings.extend(self.check_rendered(&flow.meta, &identity));
        let owner = Owner { flow: flow.meta.name.clone(), component: component.to_owned(), role };
        let past = self.take(flow, &owner, &identity);
        if let Some(Past::Same(item)) = past {
            self.update(flow, item, object, &owner);
            return;
        }
        findings.extend(self.check_foreign(&flow.meta, &identity));
        if self.purpose == Purpose::Validate && self.flows.known.contains(&flow.key()) {
            let [kind, name] = [identity.kind, identity.name].map(str::to_owned);
            self.missing.push(MissingObject { flow: flow.meta.reference(), kind, name });
        }
        match past {
            Some(Past::Former(former)) => self.replace(flow, &former, object, &owner, file),
            _ => self.add(flow, object, &owner, file),
        }
    }

    /// Takes the item that an object was in the last render. The item may have the former name of the JinaFlow or another kind,
    /// or it may be of the component that was replaced.
    fn take(&mut self, flow: &Placing, owner: &Owner, identity: &ObjectRef<'_>) -> Option<Past<'l>> {
        if self.generated.is_empty() {
            return None;
        }
        let key = flow.key();
        let former_flow = self.flows.former.get(&key).cloned();
        let names = || std::iter::once(owner.flow.clone()).chain(former_flow.clone());
        for name in names() {
            let of = (key.0.clone(), Owner { flow: name, ..owner.clone() }.value());
            let Some(mut candidates) = self.generated.remove(&of) else { continue };
            // Of a file and its copy, the one follows the Flow to which jinaflow has written the object.
            candidates.sort_by_key(|candidate| !is_in_usual_file(&candidate.meta, &owner.component));
            let (chosen, findings) = find(&candidates, &owner.role, identity, self.keeping());
            for (position, finding) in findings {
                self.report(&candidates[position], finding);
            }
            let Some(position) = chosen else { continue };
            let found = candidates.remove(position);
            // The other candidates under the former name belong to a JinaFlow that does not exist any more.
            if of.1 != owner.value() && !candidates.is_empty() {
                self.generated.insert(of, candidates);
            }
            return Some(Past::Same(found));
        }
        let succeeded = self.successions.get(&(key.clone(), owner.component.clone())).cloned();
        let roles = || std::iter::once(owner.role.as_str()).chain(other_role(&owner.role));
        for component in std::iter::once(owner.component.clone()).chain(succeeded) {
            for role in roles().filter(|role| component != owner.component || *role != owner.role) {
                for name in names() {
                    let former = Owner { flow: name, component: component.clone(), role: role.to_owned() };
                    let Some(candidates) = self.generated.get(&(key.0.clone(), former.value())) else { continue };
                    let position = find_former(candidates, role, self.keeping());
                    let item = position.map(|position| candidates[position].clone()).filter(|item| item.memory.is_some());
                    if let Some(item) = item {
                        return Some(Past::Former(FormerObject { item, role: role.to_owned(), component }));
                    }
                }
            }
        }
        None
    }
}
