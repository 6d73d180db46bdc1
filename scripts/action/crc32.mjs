// What @node-rs/crc32 does, without native code: the bundle of the Action has this in its place.
export { crc32c } from '@platformatic/wasm-utils/bundled';
