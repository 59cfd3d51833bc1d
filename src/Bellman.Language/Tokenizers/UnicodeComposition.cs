using System.Globalization;
using System.Text;

namespace Bellman.Language.Tokenizers;

/// <summary>
/// Normalisation form C (Unicode Standard Annex 15) from a table of our own: the runtime normalises only where ICU is installed
/// and globalisation is not invariant, and token ids must not depend on that.
/// </summary>
internal static class UnicodeComposition
{
    private const int FirstThatChanges = 0x300;
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;

    private static readonly Lazy<Tables> Loaded = new(Tables.Load);

    /// <summary>The composed form of a valid text.</summary>
    public static string Compose(string text)
    {
        // Latin-1 and what lies below the first combining character is composed already.
        if (!text.Any(character => character >= FirstThatChanges)) { return text; }
        var tables = Loaded.Value;
        var characters = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes()) { Decompose(rune.Value, tables, characters); }
        Order(characters, tables);
        var composed = new StringBuilder(text.Length);
        foreach (var character in Join(characters, tables)) { composed.Append(new Rune(character).ToString()); }
        return composed.ToString();
    }

    private static void Decompose(int character, Tables tables, List<int> into)
    {
        var syllable = character - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Tails)
        {
            into.Add(LeadBase + (syllable / (Vowels * Tails)));
            into.Add(VowelBase + (syllable % (Vowels * Tails) / Tails));
            if (syllable % Tails > 0) { into.Add(TailBase + (syllable % Tails)); }
        }
        else if (tables.Parts.TryGetValue(character, out var parts))
        {
            foreach (var part in parts) { Decompose(part, tables, into); }
        }
        else
        {
            into.Add(character);
        }
    }

    /// <summary>Combining characters between two starters go by class, stably.</summary>
    private static void Order(List<int> characters, Tables tables)
    {
        for (var start = 0; start < characters.Count; start++)
        {
            var end = start;
            while (end < characters.Count && tables.Class(characters[end]) != 0) { end++; }
            if (end - start > 1)
            {
                var ordered = characters.GetRange(start, end - start).OrderBy(tables.Class).ToList();
                for (var i = 0; i < ordered.Count; i++) { characters[start + i] = ordered[i]; }
            }
            start = end;
        }
    }

    private static List<int> Join(List<int> characters, Tables tables)
    {
        var joined = new List<int>(characters.Count);
        var (starter, lastClass) = (-1, 0);
        foreach (var character in characters)
        {
            var rank = tables.Class(character);
            // A character is blocked when one of its own class, or a starter, stands between it and the starter.
            var adjacent = starter >= 0 && joined.Count == starter + 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < rank)) && Pair(joined[starter], character, tables) is { } composed)
            {
                joined[starter] = composed;
                continue;
            }
            if (rank == 0) { starter = joined.Count; }
            lastClass = rank;
            joined.Add(character);
        }
        return joined;
    }

    private static int? Pair(int first, int second, Tables tables)
    {
        if (first - LeadBase is >= 0 and < Leads && second - VowelBase is >= 0 and < Vowels)
        {
            return HangulBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
        }
        if (first - HangulBase is >= 0 and < Leads * Vowels * Tails && (first - HangulBase) % Tails == 0 && second - TailBase is > 0 and < Tails)
        {
            return first + second - TailBase;
        }
        return tables.Pairs.TryGetValue((first, second), out var composed) ? composed : null;
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, int> classes = [];

        public Dictionary<int, int[]> Parts { get; } = [];

        public Dictionary<(int, int), int> Pairs { get; } = [];

        public int Class(int character) => character < FirstThatChanges ? 0 : classes.GetValueOrDefault(character);

        public static Tables Load()
        {
            const string Name = "Bellman.Language.Assets.UnicodeComposition.txt";
            using var resource = typeof(Tables).Assembly.GetManifestResourceStream(Name)
                ?? throw new BellmanException($"{Name} is missing from Bellman.Language.dll. Build the library again from unmodified sources.");
            using var reader = new StreamReader(resource);
            var tables = new Tables();
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith('#')) { continue; }
                var fields = line.Split(' ');
                if (fields[0] == "CLASS")
                {
                    for (var character = Hex(fields[2]); character <= Hex(fields[3]); character++) { tables.classes[character] = int.Parse(fields[1], CultureInfo.InvariantCulture); }
                    continue;
                }
                int[] parts = [.. fields[2..].Select(Hex)];
                tables.Parts[Hex(fields[1])] = parts;
                if (fields[0] == "PAIR") { tables.Pairs[(parts[0], parts[1])] = Hex(fields[1]); }
            }
            return tables;
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
