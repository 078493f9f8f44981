"""The words of the generated company: names, places, teams, sources."""

from __future__ import annotations

FIRST_NAMES = (
    "Amara", "Björn", "Carlos", "Chen", "Daniela", "Elif", "Farah", "Goran", "Hana", "Ines",
    "Jürgen", "Kofi", "Léa", "Mona", "Ngozi", "Olga", "Priya", "Quinn", "Rosa", "Sven", "Tomás",
    "Uma", "Vera", "Wei", "Xavier", "Yuri", "Zoë", "Aleksandr", "Brigid", "Chiara", "Dwayne",
    "Emeka", "Fatima", "Grace", "Hiroshi", "Ivana", "João", "Katarzyna", "Liam", "Malik", "Nadia",
    "Owen", "Petra", "Rafael", "Siobhán", "Thảo", "Ulrich", "Victoria", "Wanjiru", "Yasmin", "美咲",
    "伟", "Дмитрий", "أحمد",
)  # fmt: skip
LAST_NAMES = (
    "Adeyemi", "Bauer", "Costa", "Dahl", "Eriksen", "Fernández", "García", "Hansen", "Ibrahim",
    "Jansen", "Kowalski", "Lund", "Moreau", "Nguyễn", "Okafor", "Petit", "Quispe", "Rossi", "Sato",
    "Tanaka", "Ueda", "Varga", "Weber", "Xu", "Yılmaz", "Zeman", "Andersson", "Brown", "Chaudhry",
    "Díaz", "Évrard", "Ferreira", "Gallagher", "Haddad", "Iyer", "Johansson", "Kim", "Larsson",
    "Müller", "Novák", "O’Brien", "Patel", "Robinson", "Smith", "Taylor", "Underwood", "Vasquez",
    "Wright", "佐藤", "王", "Иванов", "Łukasiewicz",
)  # fmt: skip
HEADLINE_ORGANISATIONS = (
    "Acme Robotics",
    "Northwind",
    "Globex",
    "Initech",
    "Hooli",
    "Stanford University",
    "ETH Zürich",
    "Contoso",
    "Universidad de Chile",
    "Umbrella Logistics",
    "Blue Harbor Bank",
    "Vandelay Industries",
    "Soylent Foods",
    "KTH",
    "Massive Dynamic",
    "Pied Piper",
    "Wayne Enterprises",
    "Stark & Söhne GmbH",
    "University of Nairobi",
    "東京大学",
)
# city, ISO country code, time zone
LOCATIONS = (
    ("San Francisco, CA", "US", "America/Los_Angeles"),
    ("New York, NY", "US", "America/New_York"),
    ("Austin, TX", "US", "America/Chicago"),
    ("Toronto, ON", "CA", "America/Toronto"),
    ("London", "GB", "Europe/London"),
    ("Berlin", "DE", "Europe/Berlin"),
    ("Zürich", "CH", "Europe/Zurich"),
    ("São Paulo", "BR", "America/Sao_Paulo"),
    ("Amsterdam", "NL", "Europe/Amsterdam"),
    ("Remote - US", "US", "America/New_York"),
)
CURRENCIES = {"US": "USD", "CA": "CAD", "GB": "GBP", "DE": "EUR", "CH": "CHF", "BR": "BRL", "NL": "EUR"}
# department -> teams
DEPARTMENTS = {
    "Engineering": ("Backend", "Frontend", "Platform", "Data", "Security"),
    "Product": ("Product Management", "Design", "Research"),
    "Sales": ("Account Executive", "Business Development", "Sales Engineering"),
    "Customer Success": ("Onboarding", "Support"),
    "Finance": ("Accounting", "FP&A"),
    "People": ("Talent", "Human Resources"),
    "Marketing": ("Brand", "Growth"),
}
TITLES = {
    "Backend": ("Backend Engineer", "Senior Backend Engineer", "Staff Engineer, APIs"),
    "Frontend": ("Frontend Developer", "Senior Frontend Developer"),
    "Platform": ("Site Reliability Engineer", "Infrastructure Engineer"),
    "Data": ("Data Engineer", "Analytics Engineer", "Machine Learning Engineer"),
    "Security": ("Security Engineer", "GRC Analyst"),
    "Product Management": ("Product Manager", "Group Product Manager"),
    "Design": ("Product Designer", "Design Systems Lead"),
    "Research": ("User Researcher",),
    "Account Executive": ("Account Executive, Mid-Market", "Enterprise Account Executive"),
    "Business Development": ("Business Development Representative", "Partnerships Manager"),
    "Sales Engineering": ("Solutions Engineer",),
    "Onboarding": ("Implementation Manager", "Customer Onboarding Specialist (m/w/d)"),
    "Support": ("Support Engineer", "Customer Support Specialist"),
    "Accounting": ("Senior Accountant", "Payroll Specialist"),
    "FP&A": ("Financial Analyst",),
    "Talent": ("Recruiter", "Sourcer", "Talent Operations Lead"),
    "Human Resources": ("HR Business Partner", "VP of Human Resources"),
    "Brand": ("Content Marketer", "Événementiel & Brand Manager"),
    "Growth": ("Growth Marketer", "Marketing Analyst"),
}
COMMITMENTS = (
    "Full-time",
    "Full-time",
    "Full-time",
    "Part-time",
    "Contract",
    "Internship",
    "Working student",
    "Temporary",
)
LEVELS = (None, None, "Junior", "Mid", "Senior", "Lead")
FREE_TAGS = (
    "Python",
    "Leadership",
    "Referral bonus",
    "Silver medallist",
    "Relocation",
    "Visa needed",
    "German C1",
    "Español",
    "Remote only",
    "Boomerang",
    "Conference 2024",
    "Urgent",
    "Part-time possible",
    "日本語",
)
SOURCES = {
    "applied": ("Job site", "LinkedIn", "Glassdoor", "Indeed", "Xing", "Welcome to the Jungle"),
    "sourced": ("LinkedIn", "GitHub", "Extension", "Added manually", "Conference"),
    "referred": ("Referral", "Social referral"),
    "agency": ("Harbor & Co. Recruiting", "TalentBrücke GmbH"),
    "internal": ("Internal transfer",),
    "university": ("Campus fair", "Handshake"),
}
COMPANIES = HEADLINE_ORGANISATIONS
DUTIES = (
    "Own projects from the first idea to the day they pay off, with the people who use them.",
    "Write things down: decisions, trade-offs and what you would do differently.",
    "Work with colleagues in four time zones and know when to meet and when to write.",
    "Improve how we hire, onboard and learn from each other.",
    "Speak up early when a plan doesn’t hold, and bring a better one.",
    "Keep an eye on quality & cost <em>at the same time</em>.",
)
WISHES = (
    "Several years in a comparable role, or a good story why you don’t need them.",
    "Clear spoken and written English; any other language is a plus (Deutsch, français, 日本語).",
    "Judgement: you know which corners can be cut and which can’t.",
    "Experience with customers who know more than you do.",
    "Patience with people, impatience with processes.",
)
