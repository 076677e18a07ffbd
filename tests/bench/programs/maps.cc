// SPDX-License-Identifier: MIT
// maps [ROUNDS] - containers as C++ programs use them: an ordered index of shared records, a hash
// of words with the records they occur in, looked up, filled and pruned.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "end.h"
#include "random.h"

namespace
{

struct Record {
	std::uint64_t id;
	std::string author;
	std::vector<std::string> words;
};

class Store
{
      public:
	void add(std::uint64_t id, std::uint64_t seed)
	{
		auto record = std::make_shared<Record>();

		record->id = id;
		record->author = "author number " + std::to_string(seed % 1000);
		for (int i = 0; i < 4; i++) {
			record->words.push_back("a word " +
						std::to_string(random_next(&seed) % 5000));
			words_[record->words.back()].push_back(record);
		}
		records_["record number " + std::to_string(id)] = std::move(record);
	}

	void remove(std::uint64_t id)
	{
		auto found = records_.find("record number " + std::to_string(id));

		if (found == records_.end())
			return;
		for (const auto &word : found->second->words)
			words_.erase(word);
		records_.erase(found);
	}

	std::size_t size() const
	{
		return records_.size();
	}

      private:
	std::map<std::string, std::shared_ptr<Record>> records_;
	std::unordered_map<std::string, std::vector<std::shared_ptr<Record>>> words_;
};

bool run(unsigned long rounds)
{
	std::uint64_t state = 1;
	Store store;

	for (unsigned long i = 0; i < rounds; i++) {
		store.add(i, random_next(&state));
		if (i % 4)
			store.remove(random_next(&state) % (i + 1));
	}
	return store.size() != 0;
}

} // namespace

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100000;
	bool filled = run(rounds);

	bench_end();
	return filled ? 0 : 1;
}
