#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    jinaflow_fuzz::properties::merge(input);
});
