// What the three built-in datasets make of a good set, and what changes when it is edited.
#include <atomic>
#include <cstdlib>
#include <functional>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include <cairn/dataset.h>

#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {
namespace {

void write_picture(const std::filesystem::path& path, int width, int height, int shade) {
  std::filesystem::create_directories(path.parent_path());
  ASSERT_TRUE(cv::imwrite(path.string(), cv::Mat(height, width, CV_8UC3, cv::Scalar(shade, 2 * shade, 3))));
}

// Two pictures, three boxes, in all three formats.
class Sets : public testing::Test {
 protected:
  void SetUp() override {
    setenv("CAIRN_CACHE_DIR", (folder_ / "cache").c_str(), 1);
    write_picture(folder_ / "images/train/a.png", 100, 50, 10);
    write_picture(folder_ / "images/train/b.png", 40, 80, 20);
    write_picture(folder_ / "images/val/c.png", 30, 30, 30);
    test::write_text(folder_ / "data.yaml", "train: images/train\nval: images/val\nnames: [cat, dog]\n");
    test::write_text(folder_ / "labels/train/a.txt", "0 0.5 0.5 0.2 0.4\n1 0.25 0.5 0.5 1\n");
    test::write_text(folder_ / "labels/train/b.txt", "1 0.5 0.5 0.5 0.25\n");
    test::write_text(folder_ / "annotations/instances_train.json", R"({"info": {"x": [1, {"y": 2}]},
"images": [{"id": 7, "file_name": "a.png", "width": 100, "height": 50, "extra": {"id": 99}},
           {"id": 3, "file_name": "b.png", "width": 40, "height": 80}],
"categories": [{"id": 90, "name": "dog"}, {"id": 4, "name": "cat"}],
"annotations": [
 {"id": 1, "image_id": 7, "category_id": 4, "bbox": [40, 15, 20, 20], "area": 123.5, "iscrowd": 0,
  "segmentation": [[40, 15, 60, 15, 60, 35], [1, 2]]},
 {"id": 2, "image_id": 7, "category_id": 90, "bbox": [0, 0, 50, 50], "iscrowd": 1, "segmentation": {"counts": [1, 2], "size": [50, 100]}},
 {"id": 3, "image_id": 3, "category_id": 90, "bbox": [10, 30, 20, 20], "area": 400}]})");
    test::write_text(folder_ / "voc/ImageSets/Main/train.txt", "a\nb  1\n");
    test::write_text(folder_ / "voc/Annotations/a.xml",
                     xml(100, 50, object("cat", "40 15 60 35") + object("dog", "0 0 50 50", true)));
    test::write_text(folder_ / "voc/Annotations/b.xml", xml(40, 80, object("dog", "10 30 30 50")));
  }
  void TearDown() override { unsetenv("CAIRN_CACHE_DIR"); }

  static std::string xml(int width, int height, const std::string& objects) {
    return cat("<?xml version=\"1.0\"?>\n<annotation>\n<size><width>", width, "</width><height>", height,
               "</height></size>\n", objects, "</annotation>\n");
  }
  static std::string object(const std::string& name, const std::string& edges, bool difficult = false) {
    std::istringstream in(edges);
    int x1, y1, x2, y2;
    in >> x1 >> y1 >> x2 >> y2;
    return cat("<object><name>", name, "</name><difficult>", difficult, "</difficult><bndbox><xmin>", x1,
               "</xmin><ymin>", y1, "</ymin><xmax>", x2, "</xmax><ymax>", y2, "</ymax></bndbox></object>\n");
  }

  std::unique_ptr<Dataset> open(const std::string& type, Table params, Split split = Split::Train) {
    Registry registry;
    registry.add_folder(test::plugin_dir());
    Context context;
    context.base_directory = folder_.path();
    context.split = split;
    return registry.create<Dataset>(type, params, context);
  }
  std::unique_ptr<Dataset> yolo(Split split = Split::Train) { return open("yolo", {{"path", "data.yaml"}}, split); }
  std::unique_ptr<Dataset> coco() { return open("coco", {{"path", "."}}); }
  std::unique_ptr<Dataset> voc(Table more = {}) {
    more["path"] = "voc";
    more["images"] = List{"../images/train"};
    return open("voc", more);
  }

  test::TempFolder folder_;
};

void expect_the_set(const Dataset& set) {
  for (const Problem& problem : set.problems())
    ADD_FAILURE() << problem.file << ":" << problem.line << ": " << problem.message;
  EXPECT_THAT(set.classes(), testing::ElementsAre("cat", "dog"));
  ASSERT_EQ(set.size(), 2);
  const Record a = set.at(0), b = set.at(1);
  EXPECT_EQ(a.file.filename(), "a.png");
  EXPECT_EQ(cv::Size(a.width, a.height), cv::Size(100, 50));
  ASSERT_EQ(a.boxes.size(), 2u);
  EXPECT_FLOAT_EQ(a.boxes[0].x1, 40);
  EXPECT_FLOAT_EQ(a.boxes[0].y1, 15);
  EXPECT_FLOAT_EQ(a.boxes[0].x2, 60);
  EXPECT_FLOAT_EQ(a.boxes[0].y2, 35);
  EXPECT_EQ(a.boxes[0].class_id, 0);
  EXPECT_EQ(a.boxes[1].class_id, 1);
  EXPECT_FLOAT_EQ(a.boxes[1].y2, 50);
  ASSERT_EQ(b.boxes.size(), 1u);
  EXPECT_FLOAT_EQ(b.boxes[0].area, 400);
  EXPECT_EQ(set.fingerprint().size(), 64u);
}

std::string first_problem(const Dataset& set) {
  if (set.problems().empty()) return "none";
  const Problem& problem = set.problems().front();
  return cat(problem.file, ":", problem.line, ": ", problem.message);
}

TEST_F(Sets, AreReadAlikeFromAllThreeFormats) {
  expect_the_set(*yolo());
  expect_the_set(*coco());
  expect_the_set(*voc());
}

TEST_F(Sets, CocoKeepsIdsAreasCrowdsAndOutlines) {
  const Record a = coco()->at(0);
  EXPECT_EQ(a.image_id, 7);
  EXPECT_FLOAT_EQ(a.boxes[0].area, 123.5F);
  EXPECT_EQ(a.boxes[1].flags, kCrowd);
  ASSERT_EQ(a.polygons.size(), 2u);
  ASSERT_EQ(a.polygons[0].rings.size(), 1u);
  EXPECT_EQ(a.polygons[0].rings[0][2], cv::Point2f(60, 35));
  EXPECT_TRUE(a.polygons[1].rings.empty());
}

TEST_F(Sets, CocoNamesTheLineOfASyntaxError) {
  test::write_text(folder_ / "annotations/instances_train.json", "{\"images\": [\n{\"id\": 1,,}]}");
  EXPECT_THAT(first_problem(*coco()), testing::HasSubstr("instances_train.json:2: not valid JSON"));
  test::write_text(folder_ / "annotations/instances_train.json", std::string(1 << 20, '['));
  EXPECT_THAT(first_problem(*coco()), testing::HasSubstr("not valid JSON"));
  test::write_text(folder_ / "annotations/instances_train.json", "[[{\"id\": 1, \"bbox\": [[1]]}]]");
  EXPECT_THAT(first_problem(*coco()), testing::HasSubstr("no categories"));
}

TEST_F(Sets, VocMarksOrDropsDifficultObjectsAndCountsPixelsFromOne) {
  EXPECT_EQ(voc()->at(0).boxes[1].flags, kDifficult);
  EXPECT_EQ(voc({{"difficult", false}})->at(0).boxes.size(), 1u);
  EXPECT_FLOAT_EQ(voc({{"first_pixel", 1}})->at(0).boxes[0].x1, 39);
}

TEST_F(Sets, VocSkipsAListedPictureThatIsMissing) {
  test::write_text(folder_ / "voc/ImageSets/Main/train.txt", "a\nghost\nb\n");
  const auto set = voc();
  EXPECT_EQ(set->size(), 2);
  EXPECT_THAT(first_problem(*set), testing::HasSubstr("ImageSets/Main/train.txt:2: there is no picture ghost"));
}

TEST_F(Sets, YamlMayNameListsAndSeveralFolders) {
  test::write_text(folder_ / "list.txt",
                   "./images/train/b.png\nimages/val/c.png\nimages/val/c.png\nimages/ghost.png\n");
  test::write_text(folder_ / "data.yaml",
                   "path: .\ntrain:\n  - images/train\n  - list.txt\nval: list.txt\nnames: {1: dog, 0: cat}\nnc: 2\n");
  const auto set = yolo();
  EXPECT_EQ(set->size(), 3);
  EXPECT_EQ(set->at(2).name, "images/val/c.png");
  std::vector<std::string> found;
  for (const Problem& problem : set->problems())
    found.push_back(cat(static_cast<int>(problem.severity), problem.file, problem.line));
  EXPECT_THAT(found, testing::ElementsAre("1list.txt4", "0list.txt1", "0list.txt3"));
  EXPECT_EQ(yolo(Split::Val)->size(), 2);
}

TEST_F(Sets, AMissingSplitOrFolderIsALocatedError) {
  test::write_text(folder_ / "data.yaml", "train: images/nowhere\nnames: [cat, dog]\n");
  EXPECT_THAT(first_problem(*yolo()), testing::HasSubstr("data.yaml:1: there is no folder or list file"));
  EXPECT_THAT(first_problem(*yolo(Split::Val)), testing::HasSubstr("data.yaml:1: no `val:` entry"));
  std::filesystem::remove(folder_ / "data.yaml");
  EXPECT_THAT(first_problem(*yolo()), testing::HasSubstr("data.yaml:0: cannot read"));
}

TEST_F(Sets, ClassNamesWithGapsAreRefused) {
  test::write_text(folder_ / "data.yaml", "train: images/train\nnames:\n  0: cat\n  2: dog\n");
  EXPECT_THAT(first_problem(*yolo()), testing::HasSubstr("data.yaml:3: names: expected the classes 0, 1, 2"));
}

TEST_F(Sets, AFolderWithoutPicturesIsRefused) {
  std::filesystem::remove_all(folder_ / "images/train");
  std::filesystem::create_directories(folder_ / "images/train");
  std::filesystem::remove_all(folder_ / "labels");
  EXPECT_THAT(first_problem(*yolo()), testing::HasSubstr("data.yaml:1: no usable picture"));
}

TEST_F(Sets, ASplitWithoutAnyLabelFileIsRefusedAndSaysWhereOneWasExpected) {
  std::filesystem::rename(folder_ / "labels", folder_ / "Labels");
  EXPECT_THAT(first_problem(*yolo()), testing::HasSubstr("labels/train/a.txt:0: no picture of this split"));
  test::write_text(folder_ / "labels/train/a.txt", "");
  EXPECT_THAT(first_problem(*yolo()), "none");
}

TEST_F(Sets, ARepeatedLabelLineIsDroppedWithAWarning) {
  test::write_text(folder_ / "labels/train/b.txt", "1 0.5 0.5 0.5 0.25\n1 0.5 0.5 0.5 0.25\n");
  const auto set = yolo();
  EXPECT_THAT(first_problem(*set), testing::HasSubstr("labels/train/b.txt:2: the line repeats"));
  EXPECT_EQ(set->at(1).boxes.size(), 1u);
}

TEST_F(Sets, TheFingerprintFollowsLabelsPixelsNamesAndClasses) {
  std::set<std::string> seen = {yolo()->fingerprint()};
  EXPECT_EQ(yolo()->fingerprint(), *seen.begin());
  const auto is_new = [&] { return seen.insert(yolo()->fingerprint()).second; };
  test::write_text(folder_ / "labels/train/b.txt", "0 0.5 0.5 0.5 0.25\n");
  EXPECT_TRUE(is_new());
  write_picture(folder_ / "images/train/b.png", 40, 80, 21);
  EXPECT_TRUE(is_new());
  std::filesystem::rename(folder_ / "images/train/a.png", folder_ / "images/train/aa.png");
  std::filesystem::rename(folder_ / "labels/train/a.txt", folder_ / "labels/train/aa.txt");
  EXPECT_TRUE(is_new());
  test::write_text(folder_ / "data.yaml", "train: images/train\nnames: [cat, wolf]\n");
  EXPECT_TRUE(is_new());
}

TEST_F(Sets, RememberedFactsMayBeTornOrAbsent) {
  const std::string fingerprint = yolo()->fingerprint();
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "cache")) files.push_back(entry.path());
  ASSERT_EQ(files.size(), 1u);
  const std::string whole = test::read_text(files[0]);
  EXPECT_THAT(whole, testing::HasSubstr("images/train/a.png"));
  for (const std::string& text :
       {whole.substr(0, whole.size() / 2), std::string(), whole + "x", std::string(70, '\0')}) {
    test::write_text(files[0], text);
    EXPECT_EQ(yolo()->fingerprint(), fingerprint);
    EXPECT_EQ(test::read_text(files[0]).size(), whole.size());
  }
  setenv("CAIRN_CACHE_DIR", "/proc/no/such", 1);
  EXPECT_EQ(yolo()->fingerprint(), fingerprint);
}

// Whatever stands in the files, opening a set reports it and does not throw.
TEST_F(Sets, SurviveEveryChangedByteOfTheirFiles) {
  const std::pair<const char*, std::function<std::unique_ptr<Dataset>()>> files[] = {
      {"data.yaml", [&] { return yolo(); }},
      {"labels/train/a.txt", [&] { return yolo(); }},
      {"annotations/instances_train.json", [&] { return coco(); }},
      {"voc/Annotations/a.xml", [&] { return voc(); }},
      {"voc/ImageSets/Main/train.txt", [&] { return voc(); }}};
  for (const auto& [name, open_set] : files) {
    const std::string whole = test::read_text(folder_ / name);
    for (size_t i = 0; i < whole.size(); ++i) {
      std::string changed = whole;
      changed[i] = "\0\xFF{[:-9\n"[i % 9];
      test::write_text(folder_ / name, changed);
      EXPECT_NO_THROW(open_set()) << name << " with byte " << i << " changed";
      if (i % 7 != 0) continue;
      test::write_text(folder_ / name, whole.substr(0, i));
      EXPECT_NO_THROW(open_set()) << name << " cut to " << i << " bytes";
    }
    test::write_text(folder_ / name, whole);
  }
}

TEST_F(Sets, AreReadFromManyThreads) {
  const auto set = coco();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) wrong += set->at(i % 2).boxes.size() != (i % 2 == 0 ? 2u : 1u);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_THROW(set->at(2), Error);
}

}  // namespace
}  // namespace cairn
