// SPDX-License-Identifier: MIT
/**
 * Types that a user's TypeScript may not know, because of its version or because `lib` names no
 * host. An unknown type is `any`, since its error is ignored; Known replaces it by another type. So
 * one set of declarations is exact for every version, and adds no names of other libraries.
 */

/** `T`, or `Other` if `T` is unknown. In tuples, since a condition on an error is an error. */
type Known<T, Other> = [0] extends [1 & T] ? Other : T;

/** @ts-ignore: no namespace without the library of a host. */
type LibMemory = WebAssembly.Memory;
/** @ts-ignore */
type LibModule = WebAssembly.Module;

/** A WebAssembly.Memory, or the part of it that this package uses. */
export type WasmMemory = Known<
  LibMemory,
  { readonly buffer: ArrayBufferLike; grow(delta: number): number }
>;
/** A WebAssembly.Module, or any object. */
export type WasmModule = Known<LibModule, object>;

/** @ts-ignore: since TypeScript 5.7 arrays and views have a parameter, their buffer's type. */
type LibInt8Array<B extends ArrayBufferLike> = Int8Array<B>;
/** @ts-ignore */
type LibUint8Array<B extends ArrayBufferLike> = Uint8Array<B>;
/** @ts-ignore */
type LibUint8ClampedArray<B extends ArrayBufferLike> = Uint8ClampedArray<B>;
/** @ts-ignore */
type LibInt16Array<B extends ArrayBufferLike> = Int16Array<B>;
/** @ts-ignore */
type LibUint16Array<B extends ArrayBufferLike> = Uint16Array<B>;
/** @ts-ignore */
type LibInt32Array<B extends ArrayBufferLike> = Int32Array<B>;
/** @ts-ignore */
type LibUint32Array<B extends ArrayBufferLike> = Uint32Array<B>;
/** @ts-ignore: a library of its own, `ESNext.Float16` at first. */
type LibFloat16Array<B extends ArrayBufferLike> = Float16Array<B>;
/** @ts-ignore */
type LibFloat16ArrayConstructor = Float16ArrayConstructor;
/** @ts-ignore */
type LibFloat32Array<B extends ArrayBufferLike> = Float32Array<B>;
/** @ts-ignore */
type LibFloat64Array<B extends ArrayBufferLike> = Float64Array<B>;
/** @ts-ignore */
type LibBigInt64Array<B extends ArrayBufferLike> = BigInt64Array<B>;
/** @ts-ignore */
type LibBigUint64Array<B extends ArrayBufferLike> = BigUint64Array<B>;
/** @ts-ignore */
type LibDataView<B extends ArrayBufferLike> = DataView<B>;

/** The constructor of Float16Array, where TypeScript knows it. */
export type MaybeFloat16ArrayConstructor = Known<LibFloat16ArrayConstructor, never>;

/** The typed arrays, and DataView, over a buffer of type `B`, by name. */
export interface ViewOf<B extends ArrayBufferLike> {
  Int8Array: Known<LibInt8Array<B>, Int8Array>;
  Uint8Array: Known<LibUint8Array<B>, Uint8Array>;
  Uint8ClampedArray: Known<LibUint8ClampedArray<B>, Uint8ClampedArray>;
  Int16Array: Known<LibInt16Array<B>, Int16Array>;
  Uint16Array: Known<LibUint16Array<B>, Uint16Array>;
  Int32Array: Known<LibInt32Array<B>, Int32Array>;
  Uint32Array: Known<LibUint32Array<B>, Uint32Array>;
  /** `never` where TypeScript does not know it. */
  Float16Array: Known<LibFloat16Array<B>, never>;
  Float32Array: Known<LibFloat32Array<B>, Float32Array>;
  Float64Array: Known<LibFloat64Array<B>, Float64Array>;
  BigInt64Array: Known<LibBigInt64Array<B>, BigInt64Array>;
  BigUint64Array: Known<LibBigUint64Array<B>, BigUint64Array>;
  DataView: Known<LibDataView<B>, DataView>;
}
