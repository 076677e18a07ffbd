// SPDX-License-Identifier: MIT
// A small outline editor's model, with two mistakes in it that are easily made.
//
// Sections own their children and know their parent, both by shared_ptr: no section is ever freed.
// The undo list is replaced by an empty one when the document is saved, and nobody deletes the old
// one. The index of words is clean.

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

class Section
{
      public:
	explicit Section(std::string title) : title_(std::move(title))
	{
	}

	const std::string &title() const
	{
		return title_;
	}
	std::size_t size() const
	{
		return children_.size();
	}

	static std::shared_ptr<Section> add(const std::shared_ptr<Section> &parent,
					    const std::string &title)
	{
		auto child = std::make_shared<Section>(title);

		child->parent_ = parent; // a weak_ptr would do
		parent->children_.push_back(child);
		return child;
	}

      private:
	std::string title_;
	std::shared_ptr<Section> parent_;
	std::vector<std::shared_ptr<Section>> children_;
};

struct Change {
	std::string what;
	Change *previous;
};

class Document
{
      public:
	Document() : root_(std::make_shared<Section>("A document about reference cycles"))
	{
	}

	void write(const std::string &title)
	{
		Section::add(root_, title);
		undo_ = new Change{ "add the section called " + title, undo_ };
		for (std::size_t from = 0, to; from < title.size(); from = to + 1) {
			to = std::min(title.find(' ', from), title.size());
			++words_[title.substr(from, to - from)];
		}
	}

	void save()
	{
		std::printf("saved \"%s\": %zu sections, %zu words\n", root_->title().c_str(),
			    root_->size(), words_.size());
		undo_ = nullptr;
	}

      private:
	std::shared_ptr<Section> root_;
	Change *undo_ = nullptr;
	std::map<std::string, int> words_;
};

int main()
{
	Document document;

	document.write("what a cycle is");
	document.write("who holds whom");
	document.write("which edge to make weak");
	document.save();
	return 0;
}
