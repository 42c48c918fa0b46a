#include "base/zstd.h"

#include <zstd.h>

#include <memory>

#include <cairn/error.h>

#include "base/lender.h"

namespace cairn {

namespace {

// Making a context costs more than a small frame.
struct Compressor {
  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context{ZSTD_createCCtx(), &ZSTD_freeCCtx};
};

struct Decompressor {
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context{ZSTD_createDCtx(), &ZSTD_freeDCtx};
};

size_t run(std::span<const std::byte> bytes, int level, FrameCheck check, std::span<std::byte> into) {
  const auto compressor = immortal_lender<Compressor>().borrow();
  ZSTD_CCtx* const context = compressor->context.get();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, check == FrameCheck::Checksum ? 1 : 0);
  return ZSTD_compress2(context, into.data(), into.size(), bytes.data(), bytes.size());
}

}  // namespace

std::vector<std::byte> compress(std::span<const std::byte> bytes, int level, FrameCheck check) {
  std::vector<std::byte> out(ZSTD_compressBound(bytes.size()));
  const size_t size = run(bytes, level, check, out);
  if (ZSTD_isError(size)) fail(Code::Internal, "zstd: ", ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

size_t compress_into(std::span<const std::byte> bytes, int level, std::span<std::byte> into) {
  const size_t size = run(bytes, level, FrameCheck::None, into);
  return ZSTD_isError(size) ? 0 : size;
}

size_t compress_bound(size_t size) {
  return ZSTD_compressBound(size);
}

void decompress(std::span<const std::byte> frame, std::span<std::byte> into, const std::string& what) {
  if (frame_size(frame, what) != frame.size()) fail(Code::DataLoss, what, " is damaged: bytes follow its zstd frame");
  const auto decompressor = immortal_lender<Decompressor>().borrow();
  const size_t size =
      ZSTD_decompressDCtx(decompressor->context.get(), into.data(), into.size(), frame.data(), frame.size());
  if (ZSTD_isError(size)) fail(Code::DataLoss, what, " is damaged: ", ZSTD_getErrorName(size));
  if (size != into.size()) {
    fail(Code::DataLoss, what, " is damaged: ", size, " bytes where ", into.size(), " are expected");
  }
}

size_t content_size(std::span<const std::byte> frame, size_t limit, const std::string& what) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    fail(Code::DataLoss, what, " is damaged: no zstd frame that tells its size");
  }
  if (size > limit) fail(Code::DataLoss, what, " says it has ", size, " bytes; at most ", limit, " are allowed");
  return static_cast<size_t>(size);
}

size_t frame_size(std::span<const std::byte> bytes, const std::string& what) {
  const size_t size = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
  if (ZSTD_isError(size)) fail(Code::DataLoss, what, " is damaged: ", ZSTD_getErrorName(size));
  return size;
}

}  // namespace cairn
