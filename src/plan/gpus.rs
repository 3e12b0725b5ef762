//! The GPUs of executors: variables and requests that do not match the GPUs that the pods get.

use super::planner::Planner;
use crate::config::GPU;
use crate::config::corrections::Correction;
use crate::config::layers::Pods;
use crate::config::workload::Workload;
use crate::finding::{Code, FieldPath, Findings, Path};
use crate::jina::options::Opt;
use crate::jina::topology::Executor;

/// The variable with the GPUs that CUDA may use.
const VARIABLE: &str = "CUDA_VISIBLE_DEVICES";

impl Planner<'_> {
    /// Reports GPUs that the pods of an executor do not have. `gpus` is the number that the Flow requests; `path` is the path
    /// of the executor.
    pub(super) fn check_gpus(
        &self,
        executor: &Executor,
        gpus: Option<&str>,
        workload: &Workload,
        path: &Path<'_>,
        findings: &mut Findings,
    ) {
        let pods = Pods::Worker(&executor.name, None);
        let layer = |field: &str| self.settings.layers.path(pods, field);
        let amount = |part: &str| workload.resources.as_ref()?.get(part)?.get(GPU)?.as_text();
        if let (Some(request), None, gpus) = (amount("requests"), amount("limits"), gpus)
            && gpus != Some(request)
        {
            let here = layer("resources");
            match gpus {
                None => {
                    let message = format!("is required: Kubernetes accepts a request for `{GPU}` only with an equal limit");
                    let finding = Code::LimitNotEqual.error(here.key("limits").key(GPU), message);
                    findings.push_once_for_each_place(
                        finding.fix(format!("write `limits: {{{GPU}: {request}}}`, or `gpus: {request}` in the Flow")),
                    );
                }
                Some(gpus) => {
                    let message = format!("must be equal to `gpus` of the Flow, {gpus}");
                    let finding = Code::LimitNotEqual.error(here.key("requests").key(GPU), message);
                    findings.push_once_for_each_place(finding.got(request).fix("remove it: `gpus` requests the GPUs"));
                }
            }
        }
        let has_all = executor.options.text(Opt::Gpus) == Some("all");
        if has_all && !workload.has_devices() && self.corrections.has(Correction::GpuCount) {
            let message = "requests no GPU on Kubernetes, which assigns GPUs by number";
            let finding = Code::FieldWithoutEffect.warning(path.key("gpus"), message).got("all");
            findings.push(finding.fix("write a number, such as `gpus: 1`").at(executor.mark));
        }
        if self.corrections.has(Correction::CudaDevices) {
            self.check_cuda(executor, gpus.or(amount("limits")), workload, path, findings);
        }
    }

    /// Reports devices in `CUDA_VISIBLE_DEVICES` that the pods do not have.
    fn check_cuda(&self, executor: &Executor, gpus: Option<&str>, workload: &Workload, path: &Path<'_>, findings: &mut Findings) {
        let options = &executor.options;
        let of_layer = workload.env.iter().find(|(name, _)| name == VARIABLE).map(|(_, value)| value.clone());
        let of_flow = || options.pairs(Opt::Env)?.iter().find(|(name, _)| name.to_str() == VARIABLE).map(|(_, value)| value.to_str());
        let (place, value): (FieldPath, _) = match (of_layer, of_flow()) {
            (Some(value), _) => (self.settings.layers.path(Pods::Worker(&executor.name, None), "env").key(VARIABLE), value),
            (None, Some(value)) => (path.key("env").key(VARIABLE).into(), value),
            (None, None) => return,
        };
        // An unknown device, such as `-1`, hides the devices after it. `RR` is reported separately.
        let devices: Vec<&str> = value.split(',').map(str::trim).collect();
        let numbers: Option<Vec<u64>> = devices.iter().map(|device| device.parse().ok()).collect();
        let finding = |message: String| Code::CudaDeviceMissing.warning(place.clone(), message).got(&value);
        let count = gpus.map(|gpus| gpus.parse::<u64>().unwrap_or(u64::MAX));
        // With `gpus: all` and other kinds of devices, the number of GPUs is not known.
        let is_open = options.text(Opt::Gpus) == Some("all") || (count.is_none() && workload.has_devices());
        match (numbers, count) {
            (Some(numbers), None) if !is_open => {
                let message = "selects GPUs, but the pods have none: the executor does not request GPUs";
                let wanted = numbers.len();
                let fix = format!("write `gpus: {wanted}` for the executor in the Flow, and remove the variable");
                findings.push_once_for_each_place(finding(message.to_owned()).fix(fix));
            }
            (Some(numbers), Some(count)) if numbers.iter().any(|number| *number >= count) => {
                let message = format!("selects a GPU that the pods do not have: each pod has {count}, numbered from 0");
                findings.push_once_for_each_place(finding(message).fix("remove it; each pod sees only the GPUs that it requests"));
            }
            _ => {}
        }
    }
}
