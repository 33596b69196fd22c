#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zhenma_fuzz::foreign::backup(data));
