// Zstandard frames of known size.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cairn {

enum class FrameCheck { None, Checksum };

// A frame that tells its content's size. [any thread]
std::vector<std::byte> compress(std::span<const std::byte> bytes, int level, FrameCheck check = FrameCheck::None);
// Into `into`; the frame's size, or 0 when it does not fit there.
size_t compress_into(std::span<const std::byte> bytes, int level, std::span<std::byte> into);
size_t compress_bound(size_t size);

// Decodes exactly one frame of exactly into.size() bytes. Anything else is DataLoss, naming `what`. Never allocates by
// what the frame says.
void decompress(std::span<const std::byte> frame, std::span<std::byte> into, const std::string& what);

// What the frame's header says about its content, at most `limit`; DataLoss when it says more, or nothing.
size_t content_size(std::span<const std::byte> frame, size_t limit, const std::string& what);
// Bytes of the first frame in `bytes`.
size_t frame_size(std::span<const std::byte> bytes, const std::string& what);

}  // namespace cairn
