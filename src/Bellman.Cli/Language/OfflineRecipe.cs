using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Data;
using Bellman.Language.Tasks;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>
/// What <c>prefer</c> was asked to learn by and from: a loss over pairs, rankings, answers judged on their own, or values; a file, or the
/// model's own answers to a task.
/// </summary>
internal sealed class OfflineRecipe
{
    public const string LossOption = "loss";

    private const string Ilql = "ilql";
    private const string VerifierQ = "verifierq";
    private const int Prompts = 400;
    private const int ValuePrompts = 3000;
    private const int Samples = 8;
    private const int PairsPerPrompt = 2;

    private static readonly string[] NotTraining = [LanguageRun.MaximumTokensOption, LossOption];

    private readonly RunConfiguration configuration;
    private readonly string name;
    private readonly object loss;
    private readonly OfflineTrainingOptions training;

    /// <exception cref="UsageException">The loss or an option is unknown or out of range.</exception>
    public OfflineRecipe(RunConfiguration configuration)
    {
        (this.configuration, name) = (configuration, configuration.Options[LossOption]);
        if (!Losses.Contains(name)) { throw NearNames.Unknown("loss", name, Losses, $"There are: {string.Join(", ", Losses)}."); }
        loss = Loss();
        training = Training();
    }

    /// <summary>Names that <c>--loss</c> takes.</summary>
    public static IReadOnlyList<string> Losses { get; } =
    [
        .. ComponentRegistry.Keys<PreferenceLoss>().Concat(ComponentRegistry.Keys<RankingLoss>()).Select(key => key["pref.".Length..]),
        .. ComponentRegistry.Keys<LoggedLoss>().Select(key => key["loss.".Length..]), Ilql, VerifierQ,
    ];

    /// <summary>Steps of a run that says nothing else.</summary>
    public static long UsualSteps(string loss) => IsOfValues(loss) ? 600 : ComponentRegistry.Keys<LoggedLoss>().Contains("loss." + loss) ? 300 : 150;

    /// <summary>Its key in the registry.</summary>
    public string Key => loss is PreferenceLoss or RankingLoss ? "pref." + name : loss is LoggedLoss ? "loss." + name : "value." + name;

    /// <summary>The trainer over the run's data, which are drawn or read the first time.</summary>
    public OfflineTrainer Trainer(Terminal terminal, Run run, LanguageSession session)
    {
        var seed = configuration.Seed;
        if (loss is PreferenceLoss preference && !(IsData && preference is IUnpairedLoss && !LoggedFile.IsPairs(DataPath)))
        {
            var pairs = new RunData<PreferenceExample>(run, "pairs.json").Get(() => IsData ? PairsOfFile(session) : OwnPairs(session, terminal.Cancellation));
            terminal.Output.WriteLine($"{pairs.Count} pairs.");
            return new PreferenceTrainer(session.Model, pairs, preference, training, seed: seed);
        }
        var answers = new RunData<LoggedResponse>(run, "answers.json").Get(() => IsData ? AnswersOfFile(session) : OwnAnswers(session, terminal.Cancellation));
        terminal.Output.WriteLine($"{answers.Count} judged answers, {answers.Average(answer => answer.Reward):0.###} their mean reward.");
        return loss switch
        {
            PreferenceLoss unpaired => new UnpairedTrainer(session.Model, answers, unpaired, training, seed: seed),
            RankingLoss ranking => new RankingTrainer(session.Model, Rankings(answers), ranking, training, seed: seed),
            LoggedLoss logged => new LoggedTrainer(session.Model, answers, logged, training, seed: seed),
            IlqlOptions ilql => Steered(session, new IlqlTrainer(session.Model, null, answers, ilql, training, seed), ilql),
            _ => Chosen(session, new StepVerifierTrainer(session.Model, null, Steps(session, answers), (VerifierQOptions)loss, training, seed)),
        };
    }

    private static bool IsOfValues(string loss) => loss is Ilql or VerifierQ;

    private bool IsData => configuration.Environment.StartsWith(LanguageSession.DataPrefix, StringComparison.Ordinal);

    private string DataPath => configuration.Environment[LanguageSession.DataPrefix.Length..];

    private object Loss()
    {
        var own = configuration.Options.Where(option => option.Key.StartsWith("loss.", StringComparison.Ordinal)).Select(option => KeyValuePair.Create(option.Key["loss.".Length..], option.Value)).ToList();
        if (IsOfValues(name))
        {
            // A run of the command is short: targets that follow as slowly as in the paper would never arrive.
            if (!own.Exists(option => option.Key.Equals("targetRate", StringComparison.OrdinalIgnoreCase))) { own.Add(new("targetRate", "0.05")); }
            return name == Ilql ? OptionSet.Of<IlqlOptions>("value.ilql").Create<IlqlOptions>(own) : OptionSet.Of<VerifierQOptions>("value.verifierq").Create<VerifierQOptions>(own);
        }
        if (ComponentRegistry.Keys<LoggedLoss>().Contains("loss." + name)) { return ComponentRegistry.Create<LoggedLoss>("loss." + name, own); }
        return ComponentRegistry.Keys<RankingLoss>().Contains("pref." + name) ? ComponentRegistry.Create<RankingLoss>("pref." + name, own) : ComponentRegistry.Create<PreferenceLoss>("pref." + name, own);
    }

    private OfflineTrainingOptions Training()
    {
        var given = configuration.Options.Where(option => !NotTraining.Contains(option.Key) && !LanguageRun.IsOwn(option.Key) && !option.Key.Contains('.', StringComparison.Ordinal)).ToList();
        void Usual(string option, string value)
        {
            if (!given.Exists(own => own.Key.Equals(option, StringComparison.OrdinalIgnoreCase))) { given.Add(new(option, value)); }
        }
        // Values are learned from nothing, preferences by small steps from what the model knows.
        Usual("learningRate", IsOfValues(name) ? "1e-3" : loss is LoggedLoss ? "1e-4" : "2e-4");
        if (IsOfValues(name)) { Usual("batchSize", "256"); }
        return OptionSet.Of<OfflineTrainingOptions>("preference training").Create<OfflineTrainingOptions>(given);
    }

    private ResponsePool Draw(LanguageSession session, CancellationToken cancellation)
    {
        // Values generalise over prompts or not at all: they see more of them.
        var count = loss is PreferenceLoss or RankingLoss ? Prompts : ValuePrompts;
        var prompts = new TaskPromptSource(session.Task, session.Folder.Ask, configuration.Seed).Next(count, new GroupHistory());
        var sampling = new SamplingOptions { MaximumNewTokens = int.Parse(configuration.Options[LanguageRun.MaximumTokensOption]), StopTokens = [.. session.Folder.EndTokens] };
        double Score(PromptItem prompt, Completion response) =>
            response.Finish == FinishReason.Length || prompt.Target is not TextItem item ? 0 : item.Check(session.Folder.Tokenizer.Decode(response.Tokens)).Answer;
        return ResponsePool.Draw(session.Sampler, prompts, Samples, Score, sampling, RandomStream.Create(configuration.Seed, "pairs").Child("samples"), cancellation);
    }

    private IReadOnlyList<PreferenceExample> OwnPairs(LanguageSession session, CancellationToken cancellation)
    {
        var pairs = Draw(session, cancellation).Pairs(PairsPerPrompt, RandomStream.Create(configuration.Seed, "pairs").Child("choice"));
        return pairs.Count > 0 ? pairs : throw new UsageException($"Among {Samples} answers to each of {Prompts} prompts there is no right one beside a wrong one: nothing is preferred. Teach the model more (--set teachingSteps=...), or choose another level of the task.");
    }

    private IReadOnlyList<LoggedResponse> OwnAnswers(LanguageSession session, CancellationToken cancellation)
    {
        IReadOnlyList<LoggedResponse> answers = [.. Draw(session, cancellation).Groups.SelectMany(group => group.Responses.Select((response, i) => new LoggedResponse(group.Prompt.Tokens, response.Tokens, group.Scores[i])))];
        return answers.Any(answer => answer.Reward != answers[0].Reward) ? answers : throw new UsageException($"All {Samples} answers to each prompt are {(answers[0].Reward > 0 ? "right" : "wrong")}: there is nothing to learn from. Teach the model more (--set teachingSteps=...), or choose another level of the task.");
    }

    private List<PreferenceExample> PairsOfFile(LanguageSession session) => [.. PreferenceFile.Read(DataPath).Select(pair =>
        new PreferenceExample(Prompt(session.Folder, pair.Prompt), Answer(session.Folder, pair.Chosen), Answer(session.Folder, pair.Rejected))
        {
            ChosenScore = pair.ChosenScore ?? double.NaN,
            RejectedScore = pair.RejectedScore ?? double.NaN,
        })];

    private List<LoggedResponse> AnswersOfFile(LanguageSession session) =>
        [.. LoggedFile.Read(DataPath).Select(judged => new LoggedResponse(Prompt(session.Folder, judged.Prompt), Answer(session.Folder, judged.Answer), judged.Reward))];

    private static int[] Answer(LanguageModelFolder folder, string text) => [.. folder.Tokenizer.Encode(text), folder.AnswerEnd];

    // Without a layout for conversations, what was said before is a part of the question.
    private static int[] Prompt(LanguageModelFolder folder, IReadOnlyList<ChatMessage> messages) =>
        folder.Template.HasMemory ? folder.Template.Encode(messages, folder.Tokenizer) : folder.Ask(string.Join('\n', messages.Select(message => message.Content)));

    private static IReadOnlyList<RankedResponses> Rankings(IReadOnlyList<LoggedResponse> answers)
    {
        IReadOnlyList<RankedResponses> rankings = [.. answers.GroupBy(answer => string.Join(',', answer.Prompt))
            .Where(group => group.Any(answer => answer.Reward != group.First().Reward))
            .Select(group => new RankedResponses(group.First().Prompt, [.. group.Select(answer => answer.Response)], [.. group.Select(answer => answer.Reward)]))];
        return rankings.Count > 0 ? rankings : throw new UsageException("No prompt has answers with different rewards, so nothing can be ranked. Give several judged answers to each prompt.");
    }

    private static OfflineTrainer Steered(LanguageSession session, IlqlTrainer trainer, IlqlOptions ilql)
    {
        session.BeforeEvaluation = () => session.Folder.Steering = trainer.Steering(ilql.Steer, ilql.ClipAtZero);
        return trainer;
    }

    private static OfflineTrainer Chosen(LanguageSession session, StepVerifierTrainer trainer)
    {
        var verifier = trainer.Verifier;
        session.Choose = (prompt, responses) =>
        {
            // Equal answers vote together: the largest sum of what the verifier gives each.
            var scores = verifier.Scores(Steps(session, [.. responses.Select(response => new LoggedResponse(prompt, response.Tokens, 0))]));
            var texts = responses.Select(response => string.Join(',', response.Tokens)).ToList();
            return texts.IndexOf(BestOfN.WeightedVote(texts, scores) ?? texts[0]);
        };
        return trainer;
    }

    // Worked solutions part their steps by a semicolon or a line's end.
    private static IReadOnlyList<LoggedResponse> Steps(LanguageSession session, IReadOnlyList<LoggedResponse> answers)
    {
        var separators = new Dictionary<int, bool>();
        bool IsSeparator(int token)
        {
            if (separators.TryGetValue(token, out var known)) { return known; }
            var text = session.Folder.Tokenizer.Decode([token]);
            return separators[token] = text.Contains(';', StringComparison.Ordinal) || text.Contains('\n', StringComparison.Ordinal);
        }
        return [.. answers.Select(answer => answer with { StepEnds = StepVerifier.Ends(answer.Response, IsSeparator) })];
    }
}
