//! Reads a list from bytes and writes the answer.

use std::io::{self, Write};

use super::call::Call;
use super::own_items::{OwnItems, function_config};
use super::render::render;
use super::response::{Outcome, Response};
use super::task::{Action, Task};
use super::unreadable::{Unread, Unreadable};
use super::validate::validate;
use crate::config::is_jina_flow;
use crate::finding::{Code, Excerpt, Finding};
use crate::krm::{self, Caller, Item, ListError, ResourceList};
use crate::report::{self, Subject, place};
use crate::yaml::SyntaxError;

/// Answers a `ResourceList`. In every case the answer is a `ResourceList`; with an error it has every item of the input.
pub fn run(input: &[u8], stdout: &mut impl Write) -> io::Result<Outcome> {
    let refuse = |finding, stdout: &mut _| Response::refusal(&ResourceList::empty(), vec![(Subject::Input, finding)]).write(stdout);
    let text = match std::str::from_utf8(input) {
        Ok(text) => text,
        Err(error) => return refuse(place::not_utf8(&Subject::Input, input, error), stdout),
    };
    let list = match ResourceList::read(text) {
        Ok(list) => list,
        // The input is not a list, but documents such as the output of `cat *.yaml`. The answer is documents too.
        Err(ListError::NotAList { .. }) if ResourceList::read_documents(text).items.iter().any(holds_jina_flow) => {
            ResourceList::read_documents(text)
        }
        Err(error) => return refuse(not_a_list(&error, text), stdout),
    };
    let caller = Caller::of(&list);
    let first = answer(&list, caller, Unread::Fails);
    let is_whole = first.as_ref().is_ok_and(|response| !response.changes_items());
    // An alias may have its anchor in another item that is changed or removed.
    if !is_whole
        && list.has_slices()
        && let Some(apart) = krm::kept_apart(text)
        && let Ok(list_apart) = ResourceList::read(&apart)
        && list_apart.items.len() == list.items.len()
        && let Ok(response) = answer(&list_apart, caller, Unread::Fails)
    {
        return if response.changes_items() { response.write(stdout) } else { response.of(&list).write(stdout) };
    }
    match first {
        Ok(response) => response.write(stdout),
        // An item that cannot be read alone may be readable as a part of the whole text.
        Err(unreadable) => match ResourceList::read_as_tree(text) {
            Ok(list) => answer(&list, caller, Unread::IsReported).unwrap_or_else(|unreadable| unreadable.refuse(&list, text)).write(stdout),
            Err(_) => answer(&list, caller, Unread::IsReported).unwrap_or_else(|_| unreadable.refuse(&list, text)).write(stdout),
        },
    }
}

/// Answers a list of documents from kustomize, for a legacy plugin. `config` is used as functionConfig. With an error
/// nothing is written.
pub fn run_plugin(config: &str, input: &str, stdout: &mut impl Write) -> io::Result<Outcome> {
    let Some(config) = ResourceList::read_documents(config).items.pop() else {
        let finding = Code::FlowMissing.error("", "the configuration file of the plugin is empty").fix("write a JinaFlow into it");
        return Ok(Outcome { stderr: report::lines(&[(Subject::Input, finding)]), success: false });
    };
    let mut list = ResourceList::read_documents(input);
    list.function_config = Some(config);
    let caller = if list.items.is_empty() { Caller::KustomizeGenerator } else { Caller::KustomizeTransformer };
    let response = answer(&list, caller, Unread::IsReported).unwrap_or_else(|unreadable| unreadable.refuse(&list, input));
    if response.success() { response.write(stdout) } else { response.write(&mut io::sink()) }
}

/// Renders or checks a list.
fn answer<'l, 't>(list: &'l ResourceList<'t>, caller: Caller, unread: Unread) -> Result<Response<'l, 't>, Box<Unreadable>> {
    let OwnItems { flows, generated, memories, unknown } = OwnItems::of(list)?;
    let config = function_config(list)?;
    let Task { runs, action, mut findings } = Task::of(config.as_ref(), &flows);
    findings.extend(unknown);
    let call = Call { list, caller, present: &flows, runs, generated, memories, findings };
    match action {
        Action::Render => Ok(render(call)),
        Action::Validate(external) => validate(call, external, unread),
    }
}

fn holds_jina_flow(item: &Item<'_>) -> bool {
    item.read().is_ok_and(|document| document.root.as_ref().is_some_and(is_jina_flow))
}

fn not_a_list(error: &ListError, text: &str) -> Finding {
    match error {
        ListError::Empty => Code::NotAResourceList.error("", error.to_string()),
        ListError::Version { .. } => Code::UnsupportedApiVersion.error("", error.to_string()),
        ListError::NotAList { .. } => {
            Code::NotAResourceList.error("", error.to_string()).fix("to render a Flow file, run: jinaflow export FILE")
        }
        ListError::Syntax(SyntaxError { mark, .. }) => {
            Code::InvalidYaml.error("", error.to_string()).quoting(Excerpt::of(&Subject::Input.words(), text, *mark))
        }
    }
}
