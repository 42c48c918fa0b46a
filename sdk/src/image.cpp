#include <cairn/image.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <opencv2/imgcodecs.hpp>

#include "image_header.h"
#include "image_jpeg.h"

namespace cairn {
namespace {

detail::ImageHeader checked_header(std::span<const std::byte> encoded, const ImageLimits& limits) {
  const detail::ImageHeader header = detail::read_image_header(encoded);
  if (header.width < 1 || header.height < 1) {
    fail(Code::InvalidArgument, "the picture's header claims ", header.width, " x ", header.height, " pixels");
  }
  if (header.height > limits.max_pixels / header.width) {
    fail(Code::InvalidArgument, "the picture's header claims ", header.width, " x ", header.height, " pixels; at most ",
         limits.max_pixels, " are accepted");
  }
  if (header.least_bytes > static_cast<int64_t>(encoded.size())) {
    fail(Code::DataLoss, "the picture's header claims ", header.width, " x ", header.height,
         " pixels, but the file has only ", encoded.size(), " bytes");
  }
  return header;
}

bool is_turned(int orientation) {
  return orientation >= 5;
}

cv::Mat upright(const cv::Mat& image, int orientation) {
  cv::Mat turned;
  switch (orientation) {
    case 2:
      cv::flip(image, turned, 1);
      return turned;
    case 3:
      cv::rotate(image, turned, cv::ROTATE_180);
      return turned;
    case 4:
      cv::flip(image, turned, 0);
      return turned;
    case 5:
      cv::transpose(image, turned);
      return turned;
    case 6:
      cv::rotate(image, turned, cv::ROTATE_90_CLOCKWISE);
      return turned;
    case 7: {
      cv::Mat transposed;
      cv::transpose(image, transposed);
      cv::rotate(transposed, turned, cv::ROTATE_180);
      return turned;
    }
    case 8:
      cv::rotate(image, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
      return turned;
    default:
      return image;
  }
}

// A PNG's critical chunks and its transparency. Text and colour profiles, which OpenCV ignores, would only make libpng
// unpack them and write warnings to stderr for every picture.
std::vector<std::byte> plain_png(std::span<const std::byte> encoded) {
  std::vector<std::byte> out(encoded.begin(), encoded.begin() + 8);
  size_t at = 8;
  while (encoded.size() - at >= 12) {
    uint64_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<uint64_t>(encoded[at + i]);
    const size_t end = at + static_cast<size_t>(std::min<uint64_t>(length + 12, encoded.size() - at));
    const bool critical = (encoded[at + 4] & std::byte{0x20}) == std::byte{0};
    if (critical || std::memcmp(encoded.data() + at + 4, "tRNS", 4) == 0) {
      out.insert(out.end(), encoded.begin() + static_cast<ptrdiff_t>(at),
                 encoded.begin() + static_cast<ptrdiff_t>(end));
    }
    at = end;
  }
  return out;
}

cv::Mat decode_with_opencv(std::span<const std::byte> encoded, const char* format) {
  const cv::Mat bytes(1, static_cast<int>(encoded.size()), CV_8UC1, const_cast<std::byte*>(encoded.data()));
  cv::Mat image;
  try {
    image = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& error) {
    fail(Code::DataLoss, "the ", format, " picture cannot be decoded: ", error.err);
  }
  if (image.empty()) fail(Code::DataLoss, "the ", format, " picture is damaged or cut off: its decoder gave nothing");
  return image;
}

struct FileHandle {
  int fd;
  ~FileHandle() { ::close(fd); }
};

[[noreturn]] void fail_reading(const std::filesystem::path& path, int error) {
  const Code code = error == ENOENT || error == ENOTDIR ? Code::NotFound
                    : error == EACCES || error == EPERM ? Code::PermissionDenied
                    : error == EIO                      ? Code::DataLoss
                                                        : Code::Unavailable;
  fail(code, "cannot read ", path.string(), ": ", std::strerror(error));
}

}  // namespace

ImageInfo probe_image(std::span<const std::byte> encoded, const ImageLimits& limits) {
  const detail::ImageHeader header = checked_header(encoded, limits);
  ImageInfo info{detail::name_of(header.format), static_cast<int>(header.width), static_cast<int>(header.height),
                 header.orientation};
  if (is_turned(header.orientation)) std::swap(info.width, info.height);
  return info;
}

cv::Mat decode_image(std::span<const std::byte> encoded, const ImageLimits& limits) {
  const detail::ImageHeader header = checked_header(encoded, limits);
  const cv::Size stored(static_cast<int>(header.width), static_cast<int>(header.height));
  cv::Mat image;
  if (header.format == detail::ImageFormat::Jpeg) {
    image.create(stored, CV_8UC3);
    detail::decode_jpeg(encoded, image);
  } else {
    const bool png = header.format == detail::ImageFormat::Png;
    image = decode_with_opencv(png ? plain_png(encoded) : encoded, detail::name_of(header.format));
    // OpenCV turns TIFF by its own tag, whatever it is told.
    if (header.format == detail::ImageFormat::Tiff) return image;
    if (image.size() != stored) {
      fail(Code::DataLoss, "the picture's header claims ", stored.width, " x ", stored.height, " pixels, decoded were ",
           image.cols, " x ", image.rows);
    }
  }
  return upright(image, header.orientation);
}

std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  const FileHandle file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) fail_reading(path, errno);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) fail_reading(path, errno);
  if (!S_ISREG(status.st_mode))
    fail(Code::InvalidArgument, "cannot read ", path.string(), ": it is not a regular file");
  const uint64_t size = static_cast<uint64_t>(status.st_size);
  if (size > max_bytes) {
    fail(Code::InvalidArgument, path.string(), " has ", size, " bytes; at most ", max_bytes, " are accepted");
  }
  std::vector<std::byte> bytes(size);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.fd, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_reading(path, errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace cairn
