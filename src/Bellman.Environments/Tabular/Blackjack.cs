using System.ComponentModel;

namespace Bellman.Environments;

/// <summary>Which table's rules are played.</summary>
public sealed record BlackjackOptions
{
    /// <summary>Whether a natural pays 1.5.</summary>
    [Description("whether winning with an ace and a ten as first two cards pays 1.5; ignored when sab is true")]
    public bool Natural { get; init; }

    /// <summary>Whether the rules are those of Sutton and Barto's book.</summary>
    [Description("whether the rules are Sutton and Barto's: a natural wins unless the dealer has one too, and pays 1")]
    public bool Sab { get; init; } = true;
}

/// <summary>
/// <c>Blackjack-v1</c>: draw cards towards 21 against a dealer who draws to 17, from an endless deck (Sutton and Barto,
/// example 5.1). Observation [player's sum, dealer's open card with 1 for an ace, usable ace]; actions 0 stick, 1 hit;
/// reward 1 for a win, 0 for a draw, -1 for a loss, when the hand is over.
/// </summary>
public sealed class Blackjack(BlackjackOptions options) : IEnvironment, IRenderable
{
    private readonly Hand player = new();
    private readonly Hand dealer = new();

    /// <summary>The book's rules.</summary>
    public Blackjack() : this(new BlackjackOptions()) { }

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new MultiDiscrete(32, 11, 2);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(2);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        dealer.Deal(random);
        player.Deal(random);
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        StepResult result;
        if (action[0] == 1)
        {
            player.Draw(random);
            result = player.IsBust ? new StepResult(-1, Terminated: true) : new StepResult(0);
        }
        else
        {
            while (dealer.Total < 17) { dealer.Draw(random); }
            result = new StepResult(Compare(), Terminated: true);
        }
        Write(observation);
        return result;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        player.Exchange(state, "player");
        dealer.Exchange(state, "dealer");
    }

    /// <inheritdoc/>
    public string RenderText() => $"dealer {dealer.Show(0)} ?\nplayer {player.Show()} = {player.Total}{(player.HasUsableAce ? " (usable ace)" : "")}\n";

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        var canvas = new Canvas(600, 420, new Rgb(23, 92, 62));
        canvas.Write("dealer", 24, 24, 4, Rgb.White);
        DrawCard(canvas, 230, 24, dealer.Show(0));
        DrawCard(canvas, 340, 24, null);
        canvas.Write($"player {player.Total}", 24, 210, 4, Rgb.White);
        if (player.HasUsableAce) { canvas.Write("usable ace", 24, 250, 3, Palette.Yellow); }
        // A long hand overlaps, so that every card stays inside the picture.
        var spacing = Math.Min(110, 270.0 / Math.Max(1, player.Count - 1));
        for (var i = 0; i < player.Count; i++) { DrawCard(canvas, 230 + i * spacing, 230, player.Show(i)); }
        return canvas.Image;
    }

    private static void DrawCard(Canvas canvas, double x, double y, string? face)
    {
        canvas.Rectangle(x - 1, y - 1, 98, 142, Palette.Ink);
        canvas.Rectangle(x, y, 96, 140, face is null ? Palette.Blue : Rgb.White);
        if (face is null)
        {
            for (var line = 0; line < 7; line++) { canvas.Line(x + 12 + 12 * line, y + 12, x + 12 + 12 * line, y + 128, 2, Palette.Sky); }
            return;
        }
        canvas.Write(face, x + 8, y + 8, 3, Palette.Ink);
        canvas.WriteCentred(face, x + 48, y + 72, 9, Palette.Red);
    }

    private double Compare()
    {
        if (options.Sab && player.IsNatural && !dealer.IsNatural) { return 1; }
        var outcome = Math.Sign(player.Score - dealer.Score);
        return !options.Sab && options.Natural && player.IsNatural && outcome == 1 ? 1.5 : outcome;
    }

    private void Write(Span<float> observation)
    {
        observation[0] = player.Total;
        observation[1] = dealer.FirstCard;
        observation[2] = player.HasUsableAce ? 1 : 0;
    }

    /// <summary>Cards on the table: 1 is an ace, 10 also jack, queen and king.</summary>
    private sealed class Hand
    {
        // 21 aces and one more card end any hand; a hand restored beyond that has room for one more.
        private const int Longest = 22;
        private readonly int[] cards = new int[Longest + 1];
        private int sum;
        private bool hasAce;

        public int Count { get; private set; }

        public int FirstCard => cards[0];

        public bool HasUsableAce => hasAce && sum + 10 <= 21;

        public int Total => HasUsableAce ? sum + 10 : sum;

        public bool IsBust => Total > 21;

        public int Score => IsBust ? 0 : Total;

        public bool IsNatural => Count == 2 && hasAce && sum == 11;

        public void Deal(RandomStream random)
        {
            Clear();
            Draw(random);
            Draw(random);
        }

        // Thirteen ranks are equally likely; four of them count ten.
        public void Draw(RandomStream random) => Add(Math.Min(random.NextInt32(13) + 1, 10));

        public string Show(int index) => cards[index] == 1 ? "A" : cards[index].ToString();

        public string Show() => string.Join(' ', Enumerable.Range(0, Count).Select(Show));

        public void Exchange(StateExchange state, string name)
        {
            var held = cards[..Count];
            state.List(name, ref held);
            if (!state.IsLoading) { return; }
            if (held.Length < 2 || held.Length > Longest || held.Any(card => card is < 1 or > 10))
            {
                throw new UsageException($"The state has {name} = [{string.Join(", ", held)}]; a hand is 2 to {Longest} cards from 1 (ace) to 10.");
            }
            Clear();
            foreach (var card in held) { Add(card); }
            if (sum > 31)
            {
                throw new UsageException($"The state has {name} = [{string.Join(", ", held)}], which counts {sum}; no hand goes on past 21, so none counts more than 31.");
            }
        }

        private void Clear()
        {
            Count = 0;
            sum = 0;
            hasAce = false;
        }

        private void Add(int card)
        {
            cards[Count++] = card;
            sum += card;
            hasAce |= card == 1;
        }
    }
}
