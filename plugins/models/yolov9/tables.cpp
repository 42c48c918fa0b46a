#include "yolov9/tables.h"

namespace cairn::models {

namespace {

Row r(int64_t out, int64_t split, int64_t inner, int64_t repeats, int from = -1) {
  return {{from}, 1, "RepNCSPELAN4", {out, split, inner, repeats}};
}
Row row(std::string module, std::vector<int64_t> args, int from = -1) {
  return {{from}, 1, std::move(module), std::move(args)};
}
Row up() {
  return row("Upsample", {});
}
Row cat_with(int other) {
  return {{-1, other}, 1, "Concat", {}};
}

Row block_of(int64_t width) {
  return r(width, width, width / 2, 1);
}

// From the image to the level of stride 8; `fuse` comes between the step down to it and its block.
LayerTable medium_start(const Medium& v, const LayerTable& fuse, int from) {
  LayerTable rows{row("Conv", {v.stem, 3, 2}, from), row("Conv", {2 * v.stem, 3, 2}), r(v.p2, 128, 64, 1),
                  row(v.down, {v.low})};
  append(rows, fuse);
  rows.push_back(r(v.p3, v.low, v.low / 2, 1));
  return rows;
}

}  // namespace

void append(LayerTable& table, const LayerTable& rows) {
  table.insert(table.end(), rows.begin(), rows.end());
}

Trunk small_trunk(int64_t k) {
  return {{
              row("Conv", {16 * k, 3, 2}),
              row("Conv", {32 * k, 3, 2}),
              row("ELAN1", {32 * k, 32 * k, 16 * k}),
              row("AConv", {64 * k}),
              r(64 * k, 64 * k, 32 * k, 3),  // 4: stride 8
              row("AConv", {96 * k}),
              r(96 * k, 96 * k, 48 * k, 3),  // 6: stride 16
              row("AConv", {128 * k}),
              r(128 * k, 128 * k, 64 * k, 3),  // 8: stride 32
              row("SPPELAN", {128 * k, 64 * k}),
              up(),
              cat_with(6),
              r(96 * k, 96 * k, 48 * k, 3),
              up(),
              cat_with(4),
              r(64 * k, 64 * k, 32 * k, 3),
              row("AConv", {48 * k}),
              cat_with(12),
              r(96 * k, 96 * k, 48 * k, 3),
              row("AConv", {64 * k}),
              cat_with(9),
              r(128 * k, 128 * k, 64 * k, 3),
          },
          {15, 18, 21}};
}

LayerTable small_auxiliary(int64_t k) {
  return {
      row("SPPELAN", {128 * k, 64 * k}, 8), up(), cat_with(6), r(96 * k, 96 * k, 48 * k, 3), up(), cat_with(4),
      r(64 * k, 64 * k, 32 * k, 3),
  };
}

Trunk medium_trunk(const Medium& v) {
  Trunk trunk{medium_start(v, {}, -1), {15, 18, 21}};
  append(trunk.rows, {
                         row(v.down, {v.mid}),
                         block_of(v.mid),  // 6: stride 16
                         row(v.down, {v.high}),
                         block_of(v.high),  // 8: stride 32
                         row("SPPELAN", {v.high, v.high / 2}),
                         up(),
                         cat_with(6),
                         block_of(v.mid),
                         up(),
                         cat_with(4),
                         block_of(v.low),
                         row(v.down, {v.down3}),
                         cat_with(12),
                         block_of(v.mid),
                         row(v.down, {v.down4}),
                         cat_with(9),
                         block_of(v.high),
                     });
  return trunk;
}

LayerTable medium_auxiliary(const Medium& v) {
  LayerTable rows{row("CBLinear", {v.low}, 5), row("CBLinear", {v.low, v.mid}, 7),
                  row("CBLinear", {v.low, v.mid, v.high}, 9)};
  append(rows, medium_start(v, {{{23, 24, 25, -1}, 1, "CBFuse", {0, 0, 0}}}, 0));  // to row 31
  append(rows, {
                   row(v.down, {v.mid}),
                   {{24, 25, -1}, 1, "CBFuse", {1, 1}},
                   block_of(v.mid),  // 34
                   row(v.down, {v.high}),
                   {{25, -1}, 1, "CBFuse", {2}},
                   block_of(v.high),  // 37
               });
  return rows;
}

LayerTable large_backbones() {
  return {
      row("Silence", {}),
      row("Conv", {64, 3, 2}),
      row("Conv", {128, 3, 2}),
      r(256, 128, 64, 2),
      row("ADown", {256}),
      r(512, 256, 128, 2),
      row("ADown", {512}),
      r(1024, 512, 256, 2),
      row("ADown", {1024}),
      r(1024, 512, 256, 2),
      row("CBLinear", {64}, 1),
      row("CBLinear", {64, 128}, 3),
      row("CBLinear", {64, 128, 256}, 5),
      row("CBLinear", {64, 128, 256, 512}, 7),
      row("CBLinear", {64, 128, 256, 512, 1024}, 9),
      row("Conv", {64, 3, 2}, 0),
      {{10, 11, 12, 13, 14, -1}, 1, "CBFuse", {0, 0, 0, 0, 0}},
      row("Conv", {128, 3, 2}),
      {{11, 12, 13, 14, -1}, 1, "CBFuse", {1, 1, 1, 1}},
      r(256, 128, 64, 2),
      row("ADown", {256}),
      {{12, 13, 14, -1}, 1, "CBFuse", {2, 2, 2}},
      r(512, 256, 128, 2),  // 22: stride 8
      row("ADown", {512}),
      {{13, 14, -1}, 1, "CBFuse", {3, 3}},
      r(1024, 512, 256, 2),  // 25: stride 16
      row("ADown", {1024}),
      {{14, -1}, 1, "CBFuse", {4}},
      r(1024, 512, 256, 2),  // 28: stride 32
  };
}

LayerTable large_auxiliary() {
  return {
      row("SPPELAN", {512, 256}, 9), up(), cat_with(7), r(512, 512, 256, 2), up(), cat_with(5), r(256, 256, 128, 2),
  };
}

LayerTable large_neck(int first) {
  return {
      row("SPPELAN", {512, 256}, 28),
      up(),
      cat_with(25),
      r(512, 512, 256, 2),
      up(),
      cat_with(22),
      r(256, 256, 128, 2),  // first + 6: stride 8
      row("ADown", {256}),
      cat_with(first + 3),
      r(512, 512, 256, 2),  // first + 9: stride 16
      row("ADown", {512}),
      cat_with(first),
      r(512, 1024, 512, 2),  // first + 12: stride 32
  };
}

}  // namespace cairn::models
