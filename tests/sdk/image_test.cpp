#include <cairn/image.h>

#include <functional>

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "support/files.h"

namespace cairn {
namespace {

std::vector<std::byte> bad(const std::string& name) {
  return read_file(test::test_data() / "bad" / name);
}

cv::Mat gradient(int width, int height) {
  cv::Mat image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(x * 3), static_cast<uint8_t>(y * 5),
                                   static_cast<uint8_t>(x + y)};
    }
  }
  return image;
}

std::vector<std::byte> encode(const cv::Mat& image, const std::string& extension, const std::vector<int>& params = {}) {
  std::vector<uint8_t> bytes;
  cv::imencode(extension, image, bytes, params);
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  return {first, first + bytes.size()};
}

std::span<const std::byte> head(const std::vector<std::byte>& bytes, size_t count) {
  return std::span(bytes).first(count);
}

Code code_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return Code::Internal;
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

void put(std::vector<std::byte>& to, std::initializer_list<int> values) {
  for (int value : values) to.push_back(static_cast<std::byte>(value));
}

// An EXIF block in front of a JPEG's segments.
std::vector<std::byte> with_orientation(const std::vector<std::byte>& jpeg, int orientation) {
  std::vector<std::byte> out(jpeg.begin(), jpeg.begin() + 2);
  put(out, {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1});
  put(out, {0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0});
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

// A baseline TIFF of one strip, 8-bit RGB.
std::vector<std::byte> tiff(const cv::Mat& bgr, int orientation) {
  std::vector<std::byte> out;
  put(out, {'I', 'I', 42, 0, 8, 0, 0, 0, 9, 0});
  const int data = 8 + 2 + 9 * 12 + 4 + 6, count = bgr.cols * bgr.rows * 3;
  const auto entry = [&](int tag, int type, int values, int value) {
    put(out, {tag & 255, tag >> 8, type, 0, values, 0, 0, 0, value & 255, value >> 8 & 255, value >> 16, 0});
  };
  entry(256, 3, 1, bgr.cols);
  entry(257, 3, 1, bgr.rows);
  entry(258, 3, 3, data - 6);
  entry(262, 3, 1, 2);
  entry(273, 4, 1, data);
  entry(274, 3, 1, orientation);
  entry(277, 3, 1, 3);
  entry(278, 3, 1, bgr.rows);
  entry(279, 4, 1, count);
  put(out, {0, 0, 0, 0, 8, 0, 8, 0, 8, 0});
  for (int y = 0; y < bgr.rows; ++y) {
    for (int x = 0; x < bgr.cols; ++x) {
      const auto& pixel = bgr.at<cv::Vec3b>(y, x);
      put(out, {pixel[2], pixel[1], pixel[0]});
    }
  }
  return out;
}

cv::Mat shown(const cv::Mat& stored, int orientation) {
  cv::Mat out = stored.clone();
  if (orientation == 5 || orientation == 7) cv::transpose(stored, out);
  if (orientation == 2) cv::flip(stored, out, 1);
  if (orientation == 3) cv::flip(stored, out, -1);
  if (orientation == 4) cv::flip(stored, out, 0);
  if (orientation == 7) cv::flip(out.clone(), out, -1);
  if (orientation == 6) cv::rotate(stored, out, cv::ROTATE_90_CLOCKWISE);
  if (orientation == 8) cv::rotate(stored, out, cv::ROTATE_90_COUNTERCLOCKWISE);
  return out;
}

TEST(Image, DecodesByContentAndSaysTheFormat) {
  const cv::Mat image = gradient(37, 23);
  for (const auto& [extension, format] : {std::pair{".png", "png"}, {".bmp", "bmp"}, {".tiff", "tiff"}}) {
    const auto bytes = encode(image, extension);
    EXPECT_TRUE(equal(decode_image(bytes), image)) << format;
    const ImageInfo info = probe_image(bytes);
    EXPECT_EQ(info.format, format);
    EXPECT_EQ(cv::Size(info.width, info.height), image.size()) << format;
  }
  const auto webp = encode(image, ".webp", {cv::IMWRITE_WEBP_QUALITY, 101});
  EXPECT_TRUE(equal(decode_image(webp), image));
  EXPECT_EQ(probe_image(webp).width, 37);
  EXPECT_EQ(probe_image(encode(image, ".webp", {cv::IMWRITE_WEBP_QUALITY, 80})).height, 23);
}

TEST(Image, JpegHasTheSamePixelsAsOpenCv) {
  for (const int progressive : {0, 1}) {
    const auto bytes = encode(gradient(117, 93), ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, progressive});
    const cv::Mat reference = cv::imdecode(
        cv::Mat(1, static_cast<int>(bytes.size()), CV_8U, const_cast<std::byte*>(bytes.data())), cv::IMREAD_COLOR);
    EXPECT_TRUE(equal(decode_image(bytes), reference));
    EXPECT_EQ(probe_image(bytes).format, "jpeg");
  }
}

TEST(Image, GreyJpegBecomesThreeEqualChannels) {
  cv::Mat grey;
  cv::cvtColor(gradient(40, 30), grey, cv::COLOR_BGR2GRAY);
  const cv::Mat image = decode_image(encode(grey, ".jpg"));
  ASSERT_EQ(image.type(), CV_8UC3);
  std::vector<cv::Mat> channels;
  cv::split(image, channels);
  EXPECT_TRUE(equal(channels[0], channels[2]));
}

TEST(Image, TurnsAsExifSaysInAllEightWays) {
  const auto plain = encode(gradient(48, 32), ".jpg");
  const cv::Mat stored = decode_image(plain);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto turned = with_orientation(plain, orientation);
    EXPECT_TRUE(equal(decode_image(turned), shown(stored, orientation))) << orientation;
    const ImageInfo info = probe_image(turned);
    EXPECT_EQ(cv::Size(info.width, info.height), shown(stored, orientation).size()) << orientation;
    EXPECT_EQ(info.orientation, orientation);
  }
  EXPECT_EQ(probe_image(with_orientation(plain, 9)).orientation, 1);
}

TEST(Image, TurnsTiffByItsTag) {
  const cv::Mat stored = gradient(13, 7);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto bytes = tiff(stored, orientation);
    const cv::Mat image = decode_image(bytes);
    EXPECT_TRUE(equal(image, shown(stored, orientation))) << orientation;
    EXPECT_EQ(probe_image(bytes).width, image.cols) << orientation;
  }
}

TEST(Image, ReadsSixteenBitGreyPaletteAndAlpha) {
  const cv::Mat grey16(20, 30, CV_16UC1, cv::Scalar(0x80FF));
  const cv::Mat image = decode_image(encode(grey16, ".png"));
  ASSERT_EQ(image.type(), CV_8UC3);
  EXPECT_EQ(image.at<cv::Vec3b>(3, 3), cv::Vec3b(0x80, 0x80, 0x80));
  const cv::Mat alpha(20, 30, CV_8UC4, cv::Scalar(10, 20, 30, 0));
  EXPECT_EQ(decode_image(encode(alpha, ".png")).at<cv::Vec3b>(5, 5), cv::Vec3b(10, 20, 30));
  EXPECT_EQ(decode_image(bad("odd-png-16bit-grey/images/train/odd.png")).size(), cv::Size(64, 48));
  const cv::Mat palette = decode_image(bad("odd-png-palette-alpha/images/train/odd.png"));
  EXPECT_EQ(palette.type(), CV_8UC3);
  EXPECT_EQ(palette.size(), cv::Size(64, 48));
}

TEST(Image, TurnsTheRotatedPhotograph) {
  const auto bytes = bad("odd-jpeg-exif-rotated/images/train/odd.jpg");
  EXPECT_EQ(decode_image(bytes).size(), cv::Size(480, 640));
  EXPECT_EQ(probe_image(bytes).width, 480);
}

TEST(Image, RefusesDamagedPictures) {
  EXPECT_EQ(code_of([] { decode_image(bad("01-jpeg-truncated/images/train/broken.jpg")); }), Code::DataLoss);
  EXPECT_EQ(code_of([] { decode_image(bad("02-image-empty/images/train/broken.png")); }), Code::InvalidArgument);
  EXPECT_EQ(code_of([] { decode_image(bad("03-png-bad-crc/images/train/broken.png")); }), Code::DataLoss);
  EXPECT_EQ(code_of([] { decode_image(bad("05-not-an-image/images/train/broken.jpg")); }), Code::InvalidArgument);
}

TEST(Image, RefusesGiantHeadersBeforeAllocating) {
  const auto giant = bad("04-png-giant-header/images/train/broken.png");
  EXPECT_EQ(code_of([&] { decode_image(giant); }), Code::InvalidArgument);
  EXPECT_EQ(code_of([&] { probe_image(giant); }), Code::InvalidArgument);
  // Within the limits, but far more than so few bytes can hold.
  auto large = encode(gradient(8, 8), ".png");
  large[18] = std::byte{0x30};
  large[22] = std::byte{0x30};
  EXPECT_EQ(code_of([&] { probe_image(large); }), Code::DataLoss);
  EXPECT_EQ(code_of([] { decode_image(encode(gradient(100, 100), ".png"), {9999}); }), Code::InvalidArgument);
}

TEST(Image, IgnoresDamageInChunksThatHoldNoPixels) {
  const cv::Mat image = gradient(20, 10);
  auto bytes = encode(image, ".png");
  std::vector<std::byte> text;
  put(text, {0, 0, 0, 4, 't', 'E', 'X', 't', 'a', 0, 'b', 'c', 1, 2, 3, 4});  // the checksum is wrong
  bytes.insert(bytes.begin() + 33, text.begin(), text.end());
  EXPECT_TRUE(equal(decode_image(bytes), image));
}

TEST(Image, NeverAcceptsAnyPrefixOfAPicture) {
  for (const char* extension : {".jpg", ".png", ".bmp", ".webp", ".tiff"}) {
    const auto bytes = encode(gradient(64, 48), extension);
    for (size_t count = 0; count < bytes.size(); count += 1 + bytes.size() / 97) {
      EXPECT_THROW(decode_image(head(bytes, count)), Error)
          << extension << " cut to " << count << " of " << bytes.size();
    }
  }
  const auto progressive = encode(gradient(64, 48), ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  for (size_t count = 3; count + 2 < progressive.size(); count += 7)
    EXPECT_THROW(decode_image(head(progressive, count)), Error);
}

TEST(Image, SurvivesEveryFlippedHeaderByte) {
  for (const char* extension : {".jpg", ".png", ".bmp", ".webp", ".tiff"}) {
    const auto bytes = encode(gradient(24, 16), extension);
    for (size_t i = 0; i < std::min<size_t>(bytes.size(), 300); ++i) {
      auto broken = bytes;
      broken[i] ^= std::byte{0xFF};
      try {
        EXPECT_FALSE(decode_image(broken, {1 << 20}).empty());
      } catch (const Error& error) {
        EXPECT_NE(error.code(), Code::Internal);
      }
    }
  }
}

TEST(ReadFile, NamesWhatIsWrong) {
  const test::TempFolder folder;
  EXPECT_EQ(code_of([&] { read_file(folder / "absent"); }), Code::NotFound);
  EXPECT_EQ(code_of([&] { read_file(folder.path()); }), Code::InvalidArgument);
  test::write_text(folder / "a", "12345");
  EXPECT_EQ(code_of([&] { read_file(folder / "a", 4); }), Code::InvalidArgument);
  EXPECT_EQ(read_file(folder / "a").size(), 5u);
}

}  // namespace
}  // namespace cairn
