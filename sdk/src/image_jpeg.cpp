#include "image_jpeg.h"

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

#include <cairn/error.h>

namespace cairn::detail {
namespace {

// A picture of more scans is an attack on decoders, not a photograph.
constexpr int kMaxScans = 500;

struct Errors {
  jpeg_error_mgr base;
  jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

void leave(j_common_ptr info) {
  auto* errors = reinterpret_cast<Errors*>(info->err);
  (*info->err->format_message)(info, errors->message);
  longjmp(errors->escape, 1);
}

// Stray bytes between segments and odd version numbers do not touch the pixels; every other warning means that some are
// guessed.
bool harmless(int code) {
  return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM ||
         code == JWRN_BOGUS_PROGRESSION;
}

void on_message(j_common_ptr info, int level) {
  if (level < 0 && !harmless(info->err->msg_code)) leave(info);
}

void on_progress(j_common_ptr info) {
  if (info->is_decompressor && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
    info->err->msg_code = JERR_BAD_PROGRESSION;
    leave(info);
  }
}

void bgr_of_cmyk(const unsigned char* from, unsigned char* to, int width, bool inverted) {
  for (int x = 0; x < width; ++x, from += 4, to += 3) {
    for (int channel = 0; channel < 3; ++channel) {
      const int ink = inverted ? from[2 - channel] : 255 - from[2 - channel];
      const int black = inverted ? from[3] : 255 - from[3];
      to[channel] = static_cast<unsigned char>((ink * black + 127) / 255);
    }
  }
}

// Only plain data lives in this function: longjmp runs no destructors. False: errors.message says why.
bool decode_plain(std::span<const std::byte> encoded, cv::Mat& image, unsigned char* cmyk_row, Errors& errors) {
  jpeg_decompress_struct info;
  jpeg_progress_mgr progress{};
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = leave;
  errors.base.emit_message = on_message;
  if (setjmp(errors.escape) != 0) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  progress.progress_monitor = on_progress;
  info.progress = &progress;
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
  jpeg_read_header(&info, TRUE);
  const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_EXT_BGR;
  info.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&info);
  if (info.output_width != static_cast<unsigned>(image.cols) ||
      info.output_height != static_cast<unsigned>(image.rows)) {
    ERREXIT(&info, JERR_IMAGE_TOO_BIG);
  }
  while (info.output_scanline < info.output_height) {
    unsigned char* row = image.ptr(static_cast<int>(info.output_scanline));
    unsigned char* target = cmyk ? cmyk_row : row;
    jpeg_read_scanlines(&info, &target, 1);
    if (cmyk) bgr_of_cmyk(cmyk_row, row, image.cols, info.saw_Adobe_marker != 0);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

}  // namespace

void decode_jpeg(std::span<const std::byte> encoded, cv::Mat& image) {
  const cv::Mat cmyk_row(1, image.cols, CV_8UC4);
  Errors errors{};
  if (!decode_plain(encoded, image, cmyk_row.data, errors))
    fail(Code::DataLoss, "the JPEG is damaged or cut off: ", errors.message);
}

}  // namespace cairn::detail
